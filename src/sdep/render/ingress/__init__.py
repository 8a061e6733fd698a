"""Routes: one plan of where requests go, and one file for each kind of ingress that it can be written as.

To add an ingress, write its file and add its line to `_INGRESSES`, and its name to `IngressName` in `settings.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from sdep.api import route_annotations as said
from sdep.api.problem import Problem
from sdep.api.rules_ingress import annotation_field
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.plan import Plan
from sdep.render.ingress.gateway_api import GATEWAY_API
from sdep.render.ingress.ingress import Ingress, Kind
from sdep.render.ingress.istio import ISTIO
from sdep.render.ingress.none import NONE
from sdep.render.ingress.traffic import traffic
from sdep.render.manifest import Manifest
from sdep.settings import IngressName, OperatorSettings

_INGRESSES: dict[IngressName, Ingress] = {
    "istio": ISTIO,
    "gateway-api": GATEWAY_API,
    "none": NONE,
}

ROUTE_KINDS: tuple[Kind, ...] = tuple(kind for ingress in _INGRESSES.values() for kind in ingress.kinds)
"""Every kind that some ingress consists of, in the order in which objects are applied."""
ROUTES = frozenset(kind.name for kind in ROUTE_KINDS if kind.is_route)


def routes(plan: Plan) -> list[Manifest]:
    """The objects by which requests from outside come in, what is referred to first."""
    return _INGRESSES[chosen(plan.sdep, plan.settings)].render(plan, traffic(plan))


def chosen(sdep: SeldonDeployment, settings: OperatorSettings) -> IngressName:
    """The ingress that the SeldonDeployment asks for, where it is in use, else the installation's."""
    asked = sdep.annotation(said.INGRESS)
    return next((name for name in settings.ingresses if name == asked), settings.ingresses[0])


def kinds_in_use(settings: OperatorSettings) -> tuple[Kind, ...]:
    """What to watch, and to be allowed to write."""
    return tuple(kind for name in settings.ingresses for kind in _INGRESSES[name].kinds)


def shortcomings(sdep: SeldonDeployment, settings: OperatorSettings) -> Iterator[Problem]:
    """What is asked of routes that the ingress of this SeldonDeployment cannot do."""
    asked = sdep.annotation(said.INGRESS)
    if asked and asked not in settings.ingresses:
        message = f"{asked} is not in use in this cluster: use one of {', '.join(settings.ingresses)}, or leave it out"
        yield Problem("error", "Unsupported", annotation_field(sdep, said.INGRESS), message)
    for found in _INGRESSES[chosen(sdep, settings)].shortcomings(sdep):
        field = found.annotation if found.annotation.startswith("spec.") else annotation_field(sdep, found.annotation)
        yield Problem("warning", "Unsupported", field, found.message)
