"""From the manifest's graph to nodes that can be executed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sdep.runtime.errors import LoadError
from sdep.runtime.graph.combine import average
from sdep.runtime.graph.node import Node
from sdep.runtime.graph.remote import remote_node
from sdep.runtime.graph.route import PAIR, first_child, random_branch
from sdep.runtime.message import UNREAD, Message, Payload, merged
from sdep.runtime.seldon.codec import read
from sdep.runtime.servers.parameters import parameters

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from sdep.contract import ServedUnit
    from sdep.runtime.graph.node import Aggregate, Route, Transform
    from sdep.runtime.graph.remote import Microservice
    from sdep.runtime.graph.watch import Watch

    Predict = Callable[[Payload], Awaitable[Payload]]

BUILT_IN = frozenset({"SIMPLE_MODEL", "SIMPLE_ROUTER", "RANDOM_ABTEST", "AVERAGE_COMBINER"})


def build(
    unit: ServedUnit, predictors: Mapping[str, Predict], services: Mapping[str, Microservice], watch: Watch
) -> Node:
    """`predictors` has the loaded model of every unit that has one, `services` the way to every one in a container.

    `LoadError` names a unit that nothing can run.
    """
    children = tuple(build(child, predictors, services, watch) for child in unit.children)
    if unit.name in services:
        return remote_node(unit, children, services[unit.name], watch)
    return build_unit(unit, children, predictors, watch)


def build_unit(unit: ServedUnit, children: tuple[Node, ...], predictors: Mapping[str, Predict], watch: Watch) -> Node:
    """A unit that runs in this process."""
    node = Node(unit.name, children)
    if unit.name in predictors:
        return replace(node, enter=_prediction(unit, predictors[unit.name], watch))
    return _built_in(unit, node, watch)


def _built_in(unit: ServedUnit, node: Node, watch: Watch) -> Node:
    match unit.implementation:
        case "SIMPLE_MODEL":
            return replace(node, enter=_echo(unit, watch))
        case "SIMPLE_ROUTER":
            return replace(node, route=_routing(unit, first_child, watch))
        case "RANDOM_ABTEST":
            return replace(node, route=_routing(unit, _ab_test(unit), watch))
        case "AVERAGE_COMBINER":
            return replace(node, aggregate=_average(unit, watch))
        case _:
            asked, known = unit.implementation or unit.type, ", ".join(sorted(BUILT_IN))
            raise LoadError(unit.name, f"nothing runs '{asked}': it has no model, no container and is none of {known}")


def _prediction(unit: ServedUnit, predict: Predict, watch: Watch) -> Transform:
    identity = _identity(unit)

    async def enter(message: Message) -> Message:
        with watch(unit, "/predict"):
            payload = message.payload
            payload = await predict(read(payload) if payload.kind in UNREAD else payload)
        return Message(payload, message.meta.visited(unit.name, identity))

    return enter


def _identity(unit: ServedUnit) -> str:
    """Name for `meta.requestPath`: the model with its version, in the place of v1's image with its tag."""
    if unit.model is None:
        return unit.image
    return f"{unit.model.name}:{unit.model.version}" if unit.model.version else unit.model.name


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


def _ab_test(unit: ServedUnit) -> Callable[[], int]:
    given = parameters(unit)
    if len(unit.children) < PAIR:
        raise LoadError(unit.name, f"RANDOM_ABTEST chooses between children, and it has {len(unit.children)}")
    ratio, seed = given.get("ratioA"), given.get("seed")
    if ratio is not None and not 0 <= float(ratio) <= 1:
        raise LoadError(unit.name, f"parameter 'ratioA' must lie between 0 and 1, and is {ratio}")
    return random_branch(
        len(unit.children), None if ratio is None else float(ratio), None if seed is None else int(seed)
    )


def _average(unit: ServedUnit, watch: Watch) -> Aggregate:
    async def aggregate(answers: Sequence[Message]) -> Message:
        with watch(unit, "/aggregate"):
            payload = average(unit.name, [read(answer.payload) for answer in answers])
        return Message(payload, merged([answer.meta for answer in answers]))

    return aggregate
