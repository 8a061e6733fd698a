"""Who a feedback is for: the nodes that took part in the answer it speaks of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sdep.runtime.errors import BadDataError
from sdep.runtime.graph.node import ALL_CHILDREN, NO_CHILD
from sdep.runtime.graph.remote import takes_feedback
from sdep.runtime.message import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sdep.contract import ServedUnit


class Feedback(NamedTuple):
    """`routing` is the branch that each router took; `kind` is how the request was written, and so the reply."""

    reward: float
    routing: Mapping[str, int]
    kind: Kind
    puid: str


def read_feedback(body: object) -> Feedback:
    if not isinstance(body, dict):
        raise BadDataError("a feedback must be a JSON object with request, response, reward or truth")
    reward = body.get("reward", 0)
    if isinstance(reward, bool) or not isinstance(reward, (int, float)):
        raise BadDataError("reward must be a number")
    meta = _object(_object(body, "response"), "meta")
    data = _object(_object(body, "request"), "data")
    return Feedback(float(reward), _routing(_object(meta, "routing")), _kind(data), str(meta.get("puid") or ""))


def _object(parent: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    value = parent.get(field) or {}
    if not isinstance(value, dict):
        raise BadDataError(f"{field} must be an object")
    return value


def _routing(routing: Mapping[str, Any]) -> Mapping[str, int]:
    for unit, branch in routing.items():
        if not isinstance(branch, (int, float)) or branch != int(branch):
            raise BadDataError(f"response.meta.routing: the branch of '{unit}' must be an integer")
    return {unit: int(branch) for unit, branch in routing.items()}


def _kind(data: Mapping[str, Any]) -> Kind:
    return "ndarray" if "ndarray" in data else "tensor"


def recipients(unit: ServedUnit, routing: Mapping[str, int]) -> Iterator[ServedUnit]:
    """Children before parents; a node that routed nowhere in particular passes feedback to all its children."""
    branch = routing.get(unit.name, ALL_CHILDREN)
    if branch >= len(unit.children) and unit.children:
        raise BadDataError(f"response.meta.routing: '{unit.name}' has no child {branch}")
    if branch != NO_CHILD:
        for child in (
            unit.children if branch == ALL_CHILDREN or not unit.children else unit.children[branch : branch + 1]
        ):
            yield from recipients(child, routing)
    if takes_feedback(unit) and unit.implementation != "AVERAGE_COMBINER":
        yield unit
