"""The VirtualService: one route whose weights are the plan's, mirrored to the shadows."""

from __future__ import annotations

from typing import Any

from sdep.api.predictor import Predictor
from sdep.contract import HTTP_PORT
from sdep.plan import Plan
from sdep.render import labels, names
from sdep.render.destination_rule import API
from sdep.render.manifest import Manifest


def virtual_services(plan: Plan) -> list[Manifest]:
    """One, or none where no predictor that is given traffic can be made."""
    route = _http_route(plan)
    if not route["route"]:
        return []
    spec = {
        "hosts": [plan.sdep.annotation("seldon.io/istio-host") or "*"],
        "gateways": [plan.sdep.annotation("seldon.io/istio-gateway") or plan.settings.istio_gateway],
        "http": [route],
    }
    metadata = labels.metadata(plan, names.seldon_id(plan), labels.common(plan))
    return [Manifest({"apiVersion": API, "kind": "VirtualService", "metadata": metadata, "spec": spec})]


def _http_route(plan: Plan) -> dict[str, Any]:
    predictors = {predictor.name: predictor for predictor in plan.predictors}
    return {
        "match": [{"uri": {"prefix": f"/seldon/{plan.namespace}/{plan.name}/"}}],
        "rewrite": {"uri": "/"},
        # A destination of weight 0 is left out: its subset may not be there yet, or no longer.
        "route": [
            {"destination": _destination(plan, predictors[name]), "weight": weight}
            for name, weight in plan.weights.live.items()
            if weight and name in predictors
        ],
        **_mirrors(plan, predictors),
        **_retries(plan),
    }


def _mirrors(plan: Plan, predictors: dict[str, Predictor]) -> dict[str, Any]:
    """One shadow is written as v1 wrote it; several need Istio's newer list."""
    mirrors = [
        (_destination(plan, predictors[name]), {"value": percentage})
        for name, percentage in plan.weights.mirror.items()
        if percentage and name in predictors
    ]
    if len(mirrors) == 1:
        return {"mirror": mirrors[0][0], "mirrorPercentage": mirrors[0][1]}
    return {"mirrors": [{"destination": to, "percentage": share} for to, share in mirrors]} if mirrors else {}


def _retries(plan: Plan) -> dict[str, Any]:
    attempts = plan.sdep.annotation("seldon.io/istio-retries") or "0"
    if not attempts.isdecimal() or int(attempts) == 0:
        return {}
    seconds = plan.sdep.annotation("seldon.io/istio-retries-timeout") or "1"
    return {
        "retries": {
            "attempts": int(attempts),
            "perTryTimeout": f"{seconds}s",
            "retryOn": "gateway-error,connect-failure,refused-stream",
        }
    }


def _destination(plan: Plan, predictor: Predictor) -> dict[str, Any]:
    return {"host": names.service_host(plan, predictor), "subset": predictor.name, "port": {"number": HTTP_PORT}}
