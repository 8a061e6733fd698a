"""The container that serves a predictor's graph."""

from __future__ import annotations

from typing import Any

from sdep.api.graph import Unit
from sdep.api.predictor import Predictor
from sdep.contract import (
    ENGINE_CONTAINER,
    ENV_DRAIN_SECONDS,
    ENV_PREDICTOR,
    HTTP_PORT,
    LIVE_PATH,
    READY_PATH,
    TERMINATION_LOG,
    ServedModel,
    ServedParameter,
    ServedPredictor,
    ServedUnit,
    model_directory,
)
from sdep.plan import Plan
from sdep.render import names
from sdep.render.security import container_security

_START_SECONDS = 300


def engine(plan: Plan, predictor: Predictor) -> dict[str, Any]:
    orchestrator = predictor.svc_orch_spec
    models = [unit.name or "" for unit in predictor.graph.walk() if unit.model_uri]
    return {
        "name": ENGINE_CONTAINER,
        "image": plan.settings.runtime_image,
        "imagePullPolicy": plan.settings.runtime_image_pull_policy,
        "args": ["serve"],
        "env": _environment(plan, predictor),
        "ports": [
            {"name": "http", "containerPort": HTTP_PORT, "protocol": "TCP"},
        ],
        "resources": (orchestrator and orchestrator.resources) or plan.settings.engine_resources,
        "securityContext": container_security(),
        "terminationMessagePath": TERMINATION_LOG,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "startupProbe": {**_probe(READY_PATH), "periodSeconds": 1, "failureThreshold": _START_SECONDS},
        "readinessProbe": {**_probe(READY_PATH), "periodSeconds": 2, "failureThreshold": 2},
        "livenessProbe": {**_probe(LIVE_PATH), "periodSeconds": 10, "failureThreshold": 3},
        "volumeMounts": [
            *(
                {"name": names.model_volume(unit), "mountPath": model_directory(unit), "readOnly": True}
                for unit in models
            ),
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a volume of the pod's own
        ],
    }


def served(plan: Plan, predictor: Predictor) -> ServedPredictor:
    """What the runtime is told. Nothing that scaling or traffic changes is in it, so that neither restarts a pod."""
    return ServedPredictor(
        deployment=plan.name,
        namespace=plan.namespace,
        predictor=predictor.name,
        version=(predictor.labels or {}).get("version", ""),
        protocol=plan.sdep.spec.protocol or "seldon",
        graph=_served_unit(plan, predictor, predictor.graph),
    )


def _served_unit(plan: Plan, predictor: Predictor, unit: Unit) -> ServedUnit:
    pin = plan.pins.get((predictor.name, unit.name or ""))
    return ServedUnit.model_validate(
        {
            "name": unit.name,
            "type": unit.type,
            "implementation": unit.implementation or "",
            "model": ServedModel(name=pin.name or pin.uri, version=pin.version) if pin else None,
            "parameters": tuple(
                ServedParameter(name=parameter.name, value=parameter.value, type=parameter.type)
                for parameter in unit.parameters or ()
            ),
            "children": tuple(_served_unit(plan, predictor, child) for child in unit.children or ()),
        }
    )


def _environment(plan: Plan, predictor: Predictor) -> list[dict[str, Any]]:
    """The user's own variables come last and win, as `svcOrchSpec.env` did in v1."""
    own = {
        ENV_PREDICTOR: served(plan, predictor).model_dump_json(exclude_defaults=True),
        ENV_DRAIN_SECONDS: str(plan.settings.drain_seconds),
        "SELDON_DEPLOYMENT_ID": plan.name,
        "PREDICTOR_ID": predictor.name,
        "HOME": "/tmp",  # noqa: S108 - a volume of the pod's own
    }
    given = list((predictor.svc_orch_spec and predictor.svc_orch_spec.env) or ())
    overridden = {variable.get("name") for variable in given}
    return [{"name": name, "value": value} for name, value in own.items() if name not in overridden] + given


def _probe(path: str) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": "http"}, "timeoutSeconds": 5}
