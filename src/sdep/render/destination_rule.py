"""The DestinationRule of a predictor: the subset that routes name, one a predictor as in v1."""

from __future__ import annotations

from sdep.api.predictor import Predictor
from sdep.plan import Plan
from sdep.render import labels, names
from sdep.render.manifest import Manifest

API = "networking.istio.io/v1"


def destination_rules(plan: Plan) -> list[Manifest]:
    return [_destination_rule(plan, predictor) for predictor in plan.predictors]


def _destination_rule(plan: Plan, predictor: Predictor) -> Manifest:
    spec = {
        "host": names.service_host(plan, predictor),
        "subsets": [{"name": predictor.name, "labels": {"version": (predictor.labels or {})["version"]}}],
        "trafficPolicy": {"connectionPool": {"http": {"idleTimeout": "60s"}}},
    }
    metadata = labels.metadata(plan, names.predictor_service(plan, predictor), labels.common(plan))
    return Manifest({"apiVersion": API, "kind": "DestinationRule", "metadata": metadata, "spec": spec})
