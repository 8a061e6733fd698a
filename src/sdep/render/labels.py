"""Every label and selector, and the metadata that all children share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdep.api.predictor import Predictor
from sdep.api.seldon_deployment import API_VERSION, KIND
from sdep.contract import LONGEST_NAME, shortened
from sdep.layout.place import PlacedContainer, Pod
from sdep.plan import Plan
from sdep.render import names

DEPLOYMENT_ID = "seldon-deployment-id"
APP = "seldon-app"
SHADOW = "seldon.io/shadow"
EXPLAINER = "seldon.io/explainer"
MANAGED_BY = {"app.kubernetes.io/managed-by": "seldon-core"}
"""The value by which PodMonitors and scripts written for v1 select."""

_ROLES = {
    "MODEL": "seldon.io/model",
    "ROUTER": "seldon.io/router",
    "COMBINER": "seldon.io/combiner",
    "TRANSFORMER": "seldon.io/transformer",
    "OUTPUT_TRANSFORMER": "seldon.io/output-transformer",
}


def app(metadata: Mapping[str, Any]) -> str:
    """The Service that selects what is labelled so; "" where none does."""
    return str((metadata.get("labels") or {}).get(APP, ""))


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


def container_service(plan: Plan, predictor: Predictor, container: str) -> dict[str, str]:
    """The one label that a container's Service selects; v1's key, shortened where a long name would make it invalid."""
    key = f"{APP}-svc-{container}"
    key = key if len(key) <= LONGEST_NAME else f"{APP}-svc-{shortened(container)}"
    return {key: names.container_service(plan, predictor, container)}


def workload_selector(plan: Plan, predictor: Predictor, pod: Pod) -> dict[str, str]:
    """What the Deployment of a pod selects, as in v1."""
    layout = plan.layouts[predictor.name]
    found = {DEPLOYMENT_ID: names.seldon_id(plan)}
    for container in pod.units:
        found |= container_service(plan, predictor, container.name)
    return found | (selector(plan, predictor) if pod is layout.entry else {})


def pod(plan: Plan, predictor: Predictor, pod: Pod) -> dict[str, str]:
    """The labels of a pod. Users may override `app` and `fluentd`; what selectors name they may not."""
    roles = {name: value for container in pod.units for name, value in role(container).items()}
    labels = {
        "app": names.deployment(plan, predictor, pod),
        "fluentd": "true",
        **(predictor.labels or {}),
        **((pod.spec.metadata or {}).get("labels") or {}),
        **roles,
        **workload_selector(plan, predictor, pod),
        **common(plan),
    }
    return {**labels, SHADOW: "true"} if predictor.shadow else labels


def role(container: PlacedContainer) -> dict[str, str]:
    """v1's label for what a unit is."""
    found = _ROLES.get((container.unit and container.unit.type) or "")
    return {found: "true"} if found else {}
