"""The volumes of a pod: the manifest's own, and one for each thing that our containers mount."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sdep.contract import LONGEST_NAME
from sdep.render import names
from sdep.render.unit import POD_INFO

TMP = "tmp"
PVC_PREFIX = "pvc://"
PVC_ROOT = "/mnt/pvc"

Body = dict[str, Any]


def volumes(
    spec: Body, fetched: Mapping[str, str], containers: Iterable[Body], cached: Body | None = None
) -> list[Body]:
    """`cached` is the cache's own.

    `fetched` has the URI of the model of each container (or unit); `containers` are all that may mount something.
    """
    given = list(spec.get("volumes") or ())
    written = {volume.get("name") for volume in given}
    mounted = {mount.get("name") for container in containers for mount in container.get("volumeMounts") or ()}
    ours = [*_ours(fetched), *([cached] if cached else ())]
    return given + [volume for volume in ours if volume["name"] in mounted - written]


def claim(uri: str) -> tuple[str, str] | None:
    """(claim, path) of `pvc://claim/path`; None for any other URI."""
    if not uri.startswith(PVC_PREFIX):
        return None
    name, _, path = uri.removeprefix(PVC_PREFIX).partition("/")
    return name, path


def claim_volume(name: str) -> str:
    return f"pvc-{name}"[:LONGEST_NAME].rstrip("-.").replace(".", "-")


def _ours(fetched: Mapping[str, str]) -> list[Body]:
    claims = {found[0] for uri in fetched.values() if (found := claim(uri))}
    pod_info = {
        "name": POD_INFO,
        "downwardAPI": {
            "defaultMode": 420,
            "items": [{"path": "annotations", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.annotations"}}],
        },
    }
    return [
        pod_info,
        *({"name": names.model_volume(name), "emptyDir": {}} for name in fetched),
        *(
            {"name": claim_volume(name), "persistentVolumeClaim": {"claimName": name, "readOnly": True}}
            for name in sorted(claims)
        ),
        {"name": TMP, "emptyDir": {}},
    ]
