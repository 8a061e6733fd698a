"""What should exist: pure makers, one a kind, each from the plan alone."""

from __future__ import annotations

from sdep.plan import Plan
from sdep.render.autoscaling import HPA_API, KEDA_API, autoscalers
from sdep.render.deployment import deployments
from sdep.render.disruption import API as PDB_API
from sdep.render.disruption import disruption_budgets
from sdep.render.explainer import explainers
from sdep.render.ingress import ROUTE_KINDS, routes
from sdep.render.manifest import Manifest
from sdep.render.service import services

KINDS = (
    ("apps/v1", "Deployment"),
    ("v1", "Service"),
    (HPA_API, "HorizontalPodAutoscaler"),
    (KEDA_API, "ScaledObject"),
    (PDB_API, "PodDisruptionBudget"),
    *((kind.api, kind.name) for kind in ROUTE_KINDS),
)
"""Every kind of child, in the order in which children are applied; they are deleted in reverse."""


def render(plan: Plan) -> tuple[Manifest, ...]:
    """Every child of a SeldonDeployment, in the order in which they are applied."""
    workloads = [*deployments(plan), *services(plan), *explainers(plan)]
    workloads += [*autoscalers(plan), *disruption_budgets(plan)]
    return tuple(workloads + routes(plan))
