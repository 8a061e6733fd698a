"""The init container that downloads a unit's model into the pod."""

from __future__ import annotations

from typing import Any

from sdep.api.graph import Unit
from sdep.api.predictor import Predictor
from sdep.contract import TERMINATION_LOG, model_directory
from sdep.plan import Plan
from sdep.render import names
from sdep.render.security import container_security


def model_initializer(plan: Plan, predictor: Predictor, unit: Unit) -> dict[str, Any]:
    """Fetches the pinned artifact, never the reference: what a pod serves can not change under it."""
    name = unit.name or ""
    pin = plan.pins[predictor.name, name]
    container: dict[str, Any] = {
        "name": names.model_initializer(name),
        "image": unit.storage_initializer_image or plan.settings.runtime_image,
        "imagePullPolicy": plan.settings.runtime_image_pull_policy,
        "args": _arguments(unit, pin.artifact_uri),
        "env": _environment(plan, pin.artifact_uri),
        "resources": plan.settings.initializer_resources,
        "securityContext": container_security(),
        "terminationMessagePath": TERMINATION_LOG,
        "volumeMounts": [
            {"name": names.model_volume(name), "mountPath": model_directory(name)},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a volume of the pod's own
        ],
    }
    secret = unit.env_secret_ref_name or plan.settings.default_env_secret
    if secret:
        container["envFrom"] = [{"secretRef": {"name": secret}}]
    return container


def _arguments(unit: Unit, artifact_uri: str) -> list[str]:
    """An image of the user's own is called as v1 called it, with where from and where to."""
    both = [artifact_uri, model_directory(unit.name or "")]
    return both if unit.storage_initializer_image else ["fetch", *both]


def _environment(plan: Plan, artifact_uri: str) -> list[dict[str, str]]:
    home = {"name": "HOME", "value": "/tmp"}  # noqa: S108 - clients write their caches there
    if artifact_uri.startswith("mlflow-artifacts:") and plan.settings.mlflow_tracking_uri:
        return [home, {"name": "MLFLOW_TRACKING_URI", "value": plan.settings.mlflow_tracking_uri}]
    return [home]
