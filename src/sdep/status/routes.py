"""Whether requests can come in: what of the routes is there, and what the gateway's own controller says of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sdep.render.ingress import ROUTE_KINDS, ROUTES
from sdep.render.ingress.gateway_api import API as GATEWAY_API
from sdep.render.manifest import Key
from sdep.settings import IngressName

Body = Mapping[str, Any]
_PARTS = frozenset(kind.name for kind in ROUTE_KINDS)


def routes_ready(ingress: IngressName, desired: Iterable[Key], live: Mapping[Key, Body]) -> tuple[str, ...]:
    """Nothing where every route is there and accepted; else a sentence for each that is not. An ingress of none is always ready."""
    if ingress == "none":
        return ()
    wanted = [key for key in desired if key.kind in _PARTS]
    if not any(key.kind in ROUTES for key in wanted):
        return ("no predictor that is given traffic can be routed to",)
    return tuple(fault for key in wanted for fault in _faults(key, live.get(key)))


def _faults(key: Key, body: Body | None) -> Iterator[str]:
    if body is None:
        yield f"{key} is not there yet"
    elif key.api == GATEWAY_API:
        yield from _refusals(key, body)


def _refusals(key: Key, body: Body) -> Iterator[str]:
    """What controllers of the Gateway API write into the status of a route, about the manifest as it is now."""
    generation = body["metadata"].get("generation", 0)
    said = [
        condition
        for parent in (body.get("status") or {}).get("parents") or ()
        for condition in parent.get("conditions") or ()
        if condition.get("observedGeneration", generation) >= generation
    ]
    if not any(condition["type"] == "Accepted" for condition in said):
        yield f"{key} has not been accepted by a Gateway yet"
    for condition in said:
        if condition["type"] in {"Accepted", "ResolvedRefs"} and condition["status"] == "False":
            yield f"{key} is refused: {condition['reason']}: {condition['message']}"
