"""What should exist: pure makers, one a kind, each from the plan alone."""

from __future__ import annotations

from sdep.plan import Plan
from sdep.render.deployment import deployments
from sdep.render.destination_rule import destination_rules
from sdep.render.manifest import Manifest
from sdep.render.service import services
from sdep.render.virtual_service import virtual_services

KINDS = (
    ("apps/v1", "Deployment"),
    ("v1", "Service"),
    ("networking.istio.io/v1", "DestinationRule"),
    ("networking.istio.io/v1", "VirtualService"),
)
"""Every kind of child, in the order in which children are applied; they are deleted in reverse."""


def render(plan: Plan) -> tuple[Manifest, ...]:
    """Every child of a SeldonDeployment, in the order in which they are applied."""
    workloads = [*deployments(plan), *services(plan)]
    routes = [*destination_rules(plan), *virtual_services(plan)] if plan.settings.istio_enabled else []
    return tuple(workloads + routes)
