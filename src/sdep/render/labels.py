"""Every label and selector, and the metadata that all children share."""

from __future__ import annotations

from typing import Any

from sdep.api.predictor import Predictor
from sdep.api.seldon_deployment import API_VERSION, KIND
from sdep.plan import Plan
from sdep.render import names

DEPLOYMENT_ID = "seldon-deployment-id"
APP = "seldon-app"
MANAGED_BY = {"app.kubernetes.io/managed-by": "seldon-core"}
"""The value by which PodMonitors and scripts written for v1 select."""

_ROLES = {
    "MODEL": "seldon.io/model",
    "ROUTER": "seldon.io/router",
    "COMBINER": "seldon.io/combiner",
    "TRANSFORMER": "seldon.io/transformer",
    "OUTPUT_TRANSFORMER": "seldon.io/output-transformer",
}


def metadata(
    plan: Plan, name: str, labels: dict[str, str], annotations: dict[str, str] | None = None
) -> dict[str, Any]:
    """Metadata of a child: the owner reference makes the API server collect it with its SeldonDeployment."""
    made: dict[str, Any] = {"name": name, "namespace": plan.namespace, "labels": labels}
    if annotations:
        made["annotations"] = annotations
    made["ownerReferences"] = [
        {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "name": plan.name,
            "uid": plan.sdep.metadata.uid,
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]
    return made


def common(plan: Plan) -> dict[str, str]:
    return {DEPLOYMENT_ID: names.seldon_id(plan), **MANAGED_BY}


def selector(plan: Plan, predictor: Predictor) -> dict[str, str]:
    """What a predictor's Service selects: pods that carry its engine."""
    return {APP: names.predictor_service(plan, predictor)}


def pod(plan: Plan, predictor: Predictor) -> dict[str, str]:
    labels = {
        "app": names.deployment(plan, predictor),
        "fluentd": "true",
        **(predictor.labels or {}),
        **{_ROLES[unit.type]: "true" for unit in predictor.graph.walk() if unit.type in _ROLES},
        **selector(plan, predictor),
        **common(plan),
    }
    return {**labels, "seldon.io/shadow": "true"} if predictor.shadow else labels
