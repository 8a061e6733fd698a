"""A container with our runtime in it, whatever it serves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sdep.api import quantity
from sdep.contract import (
    ENV_DRAIN_SECONDS,
    ENV_PAYLOAD_ENDPOINT,
    ENV_PREDICTOR,
    LIVE_PATH,
    READY_PATH,
    TERMINATION_LOG,
    ServedPredictor,
    model_directory,
)
from sdep.layout.place import PlacedContainer
from sdep.plan import Plan
from sdep.render import cache, names
from sdep.render.security import container_security
from sdep.render.served import logs_payloads
from sdep.render.variables import merged
from sdep.render.volumes import TMP

_START_SECONDS = 300


def runtime_container(
    plan: Plan, name: str, told: ServedPredictor, ports: Mapping[str, int], units: Sequence[PlacedContainer]
) -> dict[str, Any]:
    """`units` run in this process: their models are mounted, and what the manifest says of their containers counts for this one."""
    models = [unit.name for unit in units if unit.unit and unit.unit.model_uri]
    own = {
        ENV_PREDICTOR: told.model_dump_json(exclude_defaults=True),
        ENV_DRAIN_SECONDS: str(plan.settings.drain_seconds),
        "SELDON_DEPLOYMENT_ID": plan.name,
        "PREDICTOR_ID": told.predictor,
        "HOME": "/tmp",  # noqa: S108 - a volume of the pod's own
    }
    if logs_payloads(told.graph):
        own[ENV_PAYLOAD_ENDPOINT] = plan.settings.payload_endpoint
    container: dict[str, Any] = {
        "name": name,
        "image": plan.settings.runtime_image,
        "imagePullPolicy": plan.settings.runtime_image_pull_policy,
        "args": ["serve"],
        "env": merged([{"name": key, "value": value} for key, value in own.items()], _all(units, "env")),
        "ports": [{"name": port, "containerPort": number, "protocol": "TCP"} for port, number in ports.items()],
        "resources": quantity.total([unit.body.get("resources") for unit in units]) or plan.settings.engine_resources,
        "securityContext": container_security(),
        "terminationMessagePath": TERMINATION_LOG,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        **probes(),
        "volumeMounts": [
            *(
                {"name": names.model_volume(unit), "mountPath": model_directory(unit), "readOnly": True}
                for unit in models
            ),
            {"name": TMP, "mountPath": "/tmp"},  # noqa: S108 - a volume of the pod's own
            *(cache.server_mounts(plan) if models else ()),
            *_all(units, "volumeMounts"),
        ],
    }
    if sources := list(_all(units, "envFrom")):
        container["envFrom"] = sources
    return container


def _all(units: Iterable[PlacedContainer], field: str) -> Iterable[dict[str, Any]]:
    return (entry for unit in units for entry in unit.body.get(field) or ())


def probes() -> dict[str, Any]:
    """It is asked every second while it starts, which may take five minutes."""
    return {
        "startupProbe": {**_probe(READY_PATH), "periodSeconds": 1, "failureThreshold": _START_SECONDS},
        "readinessProbe": {**_probe(READY_PATH), "periodSeconds": 2, "failureThreshold": 2},
        "livenessProbe": {**_probe(LIVE_PATH), "periodSeconds": 10, "failureThreshold": 3},
    }


def _probe(path: str) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": "http"}, "timeoutSeconds": 5}
