"""The Service of a predictor: where the outside, the gateway and `kubectl port-forward` find it."""

from __future__ import annotations

from typing import Any

from sdep.api.predictor import Predictor
from sdep.contract import HTTP_PORT
from sdep.plan import Plan
from sdep.render import labels, names
from sdep.render.manifest import Manifest


def services(plan: Plan) -> list[Manifest]:
    return [_service(plan, predictor) for predictor in plan.predictors]


def _service(plan: Plan, predictor: Predictor) -> Manifest:
    selector = labels.selector(plan, predictor)
    spec: dict[str, Any] = {
        "type": "ClusterIP",
        "selector": selector,
        "ports": [{"name": "http", "port": HTTP_PORT, "targetPort": HTTP_PORT, "protocol": "TCP"}],
    }
    if (plan.sdep.annotation("seldon.io/headless-svc") or "false") != "false":
        spec["clusterIP"] = "None"
    metadata = labels.metadata(
        plan,
        names.predictor_service(plan, predictor),
        {**selector, **labels.common(plan)},
        dict(predictor.annotations or {}),
    )
    return Manifest({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
