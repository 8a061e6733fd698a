"""The volume in which routers keep what they learn."""

from __future__ import annotations

from typing import Any

from sdep.api.predictor import Predictor
from sdep.api.state import state_claim
from sdep.contract import ENGINE_CONTAINER, STATE_ROOT
from sdep.layout.place import Pod
from sdep.plan import Plan

_VOLUME = "sdep-state"


def mount(spec: dict[str, Any], plan: Plan, predictor: Predictor, pod: Pod) -> None:
    """Of the pod, which a container's restart leaves alone, or the claim that the manifest names."""
    if not pod.has_engine or not any(unit.learns for unit in predictor.graph.walk()):
        return
    claim = state_claim(plan.sdep, predictor)
    source = {"persistentVolumeClaim": {"claimName": claim}} if claim else {"emptyDir": {}}
    spec["volumes"] = [*spec["volumes"], {"name": _VOLUME, **source}]
    for container in spec["containers"]:
        if container["name"] == ENGINE_CONTAINER:
            container["volumeMounts"] = [*container["volumeMounts"], {"name": _VOLUME, "mountPath": STATE_ROOT}]
