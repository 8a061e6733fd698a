"""Nodes of the units that need neither a model nor a container."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sdep.built_in import BUILT_IN, faults, values
from sdep.runtime.errors import LoadError
from sdep.runtime.graph.combine import mean, vote
from sdep.runtime.graph.route import first_child, random_branch
from sdep.runtime.message import Message, in_rows, merged
from sdep.runtime.seldon.codec import read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sdep.contract import ServedUnit
    from sdep.runtime.graph.combine import Combine
    from sdep.runtime.graph.node import Aggregate, Node, Route, Transform
    from sdep.runtime.graph.watch import Watch
    from sdep.runtime.learning.router import LearningRouter

_COMBINE: Mapping[str, Combine] = {
    "AVERAGE_COMBINER": mean,
    "WEIGHTED_COMBINER": mean,
    "MAJORITY_VOTE_COMBINER": vote,
}


def built_in_node(unit: ServedUnit, node: Node, learners: Mapping[str, LearningRouter], watch: Watch) -> Node:
    """`LoadError` for a unit that is none of them. `learners` has the routers that learn, by name."""
    node = replace(node, held=_moment)
    if unit.name in learners:
        router = learners[unit.name]
        return replace(node, route=_routing(unit, router.choose, watch), learn=router.learn)
    given = built_in_parameters(unit)
    match unit.implementation:
        case "SIMPLE_MODEL":
            return replace(node, enter=_echo(unit, watch))
        case "SIMPLE_ROUTER":
            return replace(node, route=_routing(unit, first_child, watch))
        case "RANDOM_ABTEST":
            return replace(node, route=_routing(unit, random_branch(_shares(unit, given), given.get("seed")), watch))
        case _:
            combine = _COMBINE[unit.implementation]
            return replace(node, aggregate=_aggregation(unit, combine, given.get("weights"), watch))


def _moment(_: object) -> float:
    """Built-in units compute for a few microseconds, and wait for nothing."""
    return 0.0


def built_in_parameters(unit: ServedUnit) -> dict[str, Any]:
    """`LoadError` names the unit and what is wrong with it."""
    if unit.implementation not in BUILT_IN:
        asked, known = unit.implementation or unit.type, ", ".join(sorted(BUILT_IN))
        raise LoadError(unit.name, f"nothing runs '{asked}': it has no model, no container and is none of {known}")
    told = unit.implementation, {each.name: each.value for each in unit.parameters}, len(unit.children)
    for fault in faults(*told):
        where = f"parameter '{fault.parameter}' " if fault.parameter else ""
        raise LoadError(unit.name, f"{where}{fault.message}")
    return values(*told)


def _shares(unit: ServedUnit, given: Mapping[str, Any]) -> Sequence[float]:
    """All alike where nothing is said."""
    if "ratioA" in given:
        return given["ratioA"], 1 - given["ratioA"]
    return given.get("weights") or given.get("ratios") or (1.0,) * len(unit.children)


def _echo(unit: ServedUnit, watch: Watch) -> Transform:
    """SIMPLE_MODEL answers with what it was asked, as v1's engine does."""

    async def enter(message: Message) -> Message:
        with watch(unit, "/predict"):
            return message

    return enter


def _routing(unit: ServedUnit, choose: Callable[[], int], watch: Watch) -> Route:
    async def route(_: Message) -> int:
        with watch(unit, "/route"):
            return choose()

    return route


def _aggregation(unit: ServedUnit, combine: Combine, weights: Sequence[float] | None, watch: Watch) -> Aggregate:
    async def aggregate(answers: Sequence[Message]) -> Message:
        with watch(unit, "/aggregate"):
            payload = combine(unit, [in_rows(read(answer.payload)) for answer in answers], weights)
        return Message(payload, merged([answer.meta for answer in answers]))

    return aggregate
