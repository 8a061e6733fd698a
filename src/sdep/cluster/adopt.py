"""Fit a desired object to the one that is there, so that what runs well is not restarted. Pure.

A Deployment's selector can never change, pods that Seldon Core v1 made may be all right as they are, and the number of pods may be
somebody else's to choose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdep.cluster.cover import covers
from sdep.render.manifest import DIGEST_ANNOTATION, Manifest, digest

ADOPTED_ANNOTATION = "sdep.io/adopted-template"
"""The digest of the template that an adopted one stands in for; when another is wanted, the adopted one goes."""

Body = Mapping[str, Any]

_HARDENING = ("securityContext",)


def fitted(desired: Manifest, live: Body) -> Manifest | None:
    """The manifest to apply over `live`; None where the live one must make way, since its selector can not become the desired."""
    if desired.key.kind == "Service":
        return _with_its_address(desired, live)
    if desired.key.kind != "Deployment":
        return desired
    selected = live["spec"]["selector"].get("matchLabels") or {}
    spec = desired.body["spec"]
    if selected != spec["selector"]["matchLabels"]:
        labels = spec["template"]["metadata"]["labels"]
        if not _can_carry(labels, selected, spec["selector"]["matchLabels"]):
            return None
        metadata = {**spec["template"]["metadata"], "labels": {**labels, **selected}}
        template = {**spec["template"], "metadata": metadata}
        spec = {**spec, "selector": live["spec"]["selector"], "template": template}
    return _adopting(Manifest({**desired.body, "spec": spec}), live)


def with_live_replicas(desired: Manifest, live: Body | None) -> Manifest:
    """Server-side apply takes away a field that is applied no longer: a number that nobody asks for any more must stay."""
    if desired.key.kind != "Deployment" or live is None or "replicas" in desired.body["spec"]:
        return desired
    count = live["spec"].get("replicas")
    return desired if count is None else Manifest({**desired.body, "spec": {**desired.body["spec"], "replicas": count}})


def made_by_v1(live: Body) -> bool:
    """Whether we have not written this object yet."""
    return DIGEST_ANNOTATION not in (live["metadata"].get("annotations") or {})


def _with_its_address(desired: Manifest, live: Body) -> Manifest:
    """A Service has an address, or has none, for life."""
    address = live["spec"].get("clusterIP")
    if desired.body["spec"].get("clusterIP", address) == address:
        return desired
    spec = {name: value for name, value in desired.body["spec"].items() if name != "clusterIP"}
    return Manifest({**desired.body, "spec": spec})


def _can_carry(labels: Mapping[str, str], selected: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether pods with these labels may also carry what the live selector asks for.

    A label that says where requests go (`seldon-app`) is never kept by pods that shall get none.
    """
    return all(labels.get(name, value) == value for name, value in selected.items()) and not (
        "seldon-app" in selected and "seldon-app" not in wanted
    )


def _adopting(desired: Manifest, live: Body) -> Manifest:
    """With the live pod template, where it lacks nothing but hardening: a running pod is not restarted for that alone."""
    template = desired.body["spec"]["template"]
    wanted = digest(template)
    adopted = (live["metadata"].get("annotations") or {}).get(ADOPTED_ANNOTATION)
    if not (made_by_v1(live) and covers(live["spec"]["template"], _relaxed(template))) and adopted != wanted:
        return desired
    metadata = desired.body["metadata"]
    annotations = {**metadata.get("annotations", {}), ADOPTED_ANNOTATION: wanted}
    spec = {**desired.body["spec"], "template": live["spec"]["template"]}
    return Manifest({**desired.body, "metadata": {**metadata, "annotations": annotations}, "spec": spec})


def _relaxed(template: Body) -> dict[str, Any]:
    """A template without what v1 did not ask for."""
    spec = {name: value for name, value in template["spec"].items() if name not in _HARDENING}
    for group in ("containers", "initContainers"):
        if group in spec:
            spec[group] = [
                {name: value for name, value in container.items() if name not in _HARDENING}
                for container in spec[group]
            ]
    return {**template, "spec": spec}
