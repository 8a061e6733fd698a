"""No ingress: predictors are reached by their Services, and who exposes them does it by himself."""

from __future__ import annotations

from collections.abc import Iterator

from sdep.api import route_annotations as said
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.render.ingress.ingress import Ingress, Shortcoming


def _shortcomings(sdep: SeldonDeployment) -> Iterator[Shortcoming]:
    if said.route_header(sdep):
        yield Shortcoming(said.HEADER_ROUTING, "has no effect: there is no ingress that would read the header")
    if said.sticky(sdep):
        yield Shortcoming(said.STICKY, "has no effect: there is no ingress that would keep clients")


NONE = Ingress(kinds=(), render=lambda _plan, _traffic: [], shortcomings=_shortcomings)
