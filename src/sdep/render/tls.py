"""The certificate of a predictor that is served over TLS, mounted where v1 mounted it."""

from __future__ import annotations

from typing import Any

from sdep.api.engine import engine_of
from sdep.api.predictor import Predictor
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.contract import CERT_MOUNT_PATH, ENV_CERT_MOUNT_PATH
from sdep.layout.place import Pod
from sdep.render.variables import completed

_VOLUME = "seldon-cert-volume"


def secret(predictor: Predictor) -> str:
    return (predictor.ssl and predictor.ssl.cert_secret_name) or ""


def encrypted(sdep: SeldonDeployment, predictor: Predictor) -> bool:
    """Whether its Service speaks TLS: the engine does, and without one it is the user's container that answers."""
    return bool(secret(predictor)) and engine_of(sdep, predictor) != "none"


def mount(spec: dict[str, Any], predictor: Predictor, pod: Pod) -> None:
    """Give every container of the engine's pod the certificate; other pods speak to the engine alone."""
    name = secret(predictor)
    if not name or not pod.has_engine:
        return
    spec["volumes"] = [*spec["volumes"], {"name": _VOLUME, "secret": {"secretName": name}}]
    for container in spec["containers"]:
        mounts = container.get("volumeMounts") or []
        container["volumeMounts"] = [*mounts, {"name": _VOLUME, "mountPath": CERT_MOUNT_PATH, "readOnly": True}]
        container["env"] = completed(container.get("env"), {ENV_CERT_MOUNT_PATH: CERT_MOUNT_PATH})
