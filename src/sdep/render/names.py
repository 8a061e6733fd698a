"""Every name of every child, as Seldon Core v1 gave it: users' dashboards, routes and scripts know them."""

from __future__ import annotations

import hashlib

from sdep.api.predictor import Predictor
from sdep.plan import Plan

_LONGEST = 63


def fitted(name: str) -> str:
    """A name within 63 characters: a longer one becomes `seldon-` and its MD5, as in v1."""
    if len(name) <= _LONGEST:
        return name
    return "seldon-" + hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()


def seldon_id(plan: Plan) -> str:
    """The label `seldon-deployment-id`, and the VirtualService."""
    return fitted(plan.name)


def predictor_service(plan: Plan, predictor: Predictor) -> str:
    chosen = (predictor.annotations or {}).get("seldon.io/svc-name")
    return chosen or fitted(f"{plan.name}-{predictor.name}")


def deployment(plan: Plan, predictor: Predictor) -> str:
    """`<sdep>-<predictor>-0-<units joined by ->`: units that a container of v1 served."""
    units = "-".join(unit.name or "" for unit in predictor.graph.walk() if not unit.is_built_in)
    return fitted(f"{plan.name}-{predictor.name}-0-{units or predictor.graph.name}")


def service_host(plan: Plan, predictor: Predictor) -> str:
    return f"{predictor_service(plan, predictor)}.{plan.namespace}.svc.cluster.local"


def model_initializer(unit: str) -> str:
    return f"{unit}-model-initializer"[:_LONGEST].rstrip("-")


def model_volume(unit: str) -> str:
    return f"{unit}-provision-location"[:_LONGEST].rstrip("-")
