"""Who a feedback is for: the nodes that took part in the answer it speaks of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from sdep.runtime.errors import BadDataError
from sdep.runtime.graph.node import ALL_CHILDREN, NO_CHILD
from sdep.runtime.graph.remote import takes_feedback
from sdep.runtime.message import Kind
from sdep.runtime.seldon.codec import request_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sdep.contract import ServedUnit


class Feedback(NamedTuple):
    """`routing` is the branch that each router took; `kind` is how the request was written, and so the reply."""

    reward: float
    routing: Mapping[str, int]
    kind: Kind
    puid: str
    rows: int = 1
    """How many the request had: the reward is for all of them."""
    path: Mapping[str, str] = {}
    """`requestPath` of the answer: which models it came from."""
    has_reward: bool = True
    """Whether the reward means something. One that is not said is 0, as gRPC leaves it out; beside a truth nobody may have meant one."""

    def branch(self, router: ServedUnit) -> int:
        """Which child the router chose, as the answer's meta says."""
        branch = self.routing.get(router.name, ALL_CHILDREN)
        if branch < 0:
            message = f"response.meta.routing does not say which child '{router.name}' chose: send the whole answer"
            raise BadDataError(message)
        return branch


def read_feedback(body: object) -> Feedback:
    if not isinstance(body, dict):
        raise BadDataError("a feedback must be a JSON object with request, response, reward or truth")
    reward = body.get("reward", 0)
    if isinstance(reward, bool) or not isinstance(reward, (int, float)):
        raise BadDataError("reward must be a number")
    meta = _object(_object(body, "response"), "meta")
    data = _object(_object(body, "request"), "data")
    routing, puid = _routing(_object(meta, "routing")), str(meta.get("puid") or "")
    path = request_path(meta.get("requestPath"), "response.meta.requestPath")
    has_reward = "reward" in body or not body.get("truth")
    return Feedback(float(reward), routing, _kind(data), puid, _rows(data), path, has_reward)


def _object(parent: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    value = parent.get(field) or {}
    if not isinstance(value, dict):
        raise BadDataError(f"{field} must be an object")
    return value


def _routing(routing: Mapping[str, Any]) -> Mapping[str, int]:
    for unit, branch in routing.items():
        if not isinstance(branch, (int, float)) or not math.isfinite(branch) or branch != int(branch):
            raise BadDataError(f"response.meta.routing: the branch of '{unit}' must be an integer")
    return {unit: int(branch) for unit, branch in routing.items()}


def _rows(data: Mapping[str, Any]) -> int:
    """At least one: a reward for a request that is not repeated is for one row."""
    ndarray, tensor = data.get("ndarray"), data.get("tensor")
    if isinstance(ndarray, list):
        return max(1, len(ndarray))
    shape = tensor.get("shape") if isinstance(tensor, dict) else None
    return max(1, shape[0]) if isinstance(shape, list) and shape and isinstance(shape[0], int) else 1


def _kind(data: Mapping[str, Any]) -> Kind:
    return "ndarray" if "ndarray" in data else "tensor"


def recipients(unit: ServedUnit, routing: Mapping[str, int]) -> Iterator[ServedUnit]:
    """Children before parents; a node that routed nowhere in particular passes feedback to all its children."""
    branch = routing.get(unit.name, ALL_CHILDREN)
    if unit.children and not NO_CHILD <= branch < len(unit.children):
        raise BadDataError(f"response.meta.routing: '{unit.name}' has no child {branch}")
    if branch != NO_CHILD:
        for child in (
            unit.children if branch == ALL_CHILDREN or not unit.children else unit.children[branch : branch + 1]
        ):
            yield from recipients(child, routing)
    if takes_feedback(unit):
        yield unit


def answering(unit: ServedUnit, routing: Mapping[str, int]) -> ServedUnit:
    """The unit whose answer the client got: the last model on the way, or the combiner of several."""
    branch = routing.get(unit.name, ALL_CHILDREN)
    combines = unit.type == "COMBINER" or "AGGREGATE" in unit.methods
    if not unit.children or branch == NO_CHILD or (branch == ALL_CHILDREN and combines):
        return unit
    return answering(unit.children[max(branch, 0)], routing)
