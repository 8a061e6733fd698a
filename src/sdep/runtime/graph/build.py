"""From the manifest's graph to nodes that can be executed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sdep.runtime.graph.built_in import built_in_node
from sdep.runtime.graph.node import Node
from sdep.runtime.graph.remote import remote_node
from sdep.runtime.message import UNREAD, Message, Payload
from sdep.runtime.seldon.codec import read

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from sdep.contract import ServedUnit
    from sdep.runtime.graph.node import Held, Transform
    from sdep.runtime.graph.remote import Microservice
    from sdep.runtime.graph.watch import Watch
    from sdep.runtime.learning.router import LearningRouter

    Predict = Callable[[Payload], Awaitable[Payload]]

_NOT_KNOWN: Mapping[str, Held] = {}


def build(
    unit: ServedUnit,
    predictors: Mapping[str, Predict],
    services: Mapping[str, Microservice],
    learners: Mapping[str, LearningRouter],
    watch: Watch,
    held: Mapping[str, Held] = _NOT_KNOWN,
) -> Node:
    """By unit name: `predictors` has loaded models, `services` the ways to containers, `learners` the routers that learn.

    `held` tells of models that may be called on the event loop for how long (see `Node.held`). `LoadError` names a unit
    that nothing can run.
    """
    children = tuple(build(child, predictors, services, learners, watch, held) for child in unit.children)
    if unit.name in services:
        return remote_node(unit, children, services[unit.name], watch)
    node = build_unit(unit, children, predictors, learners, watch)
    return replace(node, held=held[unit.name]) if unit.name in held else node


def build_unit(
    unit: ServedUnit,
    children: tuple[Node, ...],
    predictors: Mapping[str, Predict],
    learners: Mapping[str, LearningRouter],
    watch: Watch,
) -> Node:
    """A unit that runs in this process."""
    node = Node(unit.name, children)
    if unit.name in predictors:
        return replace(node, enter=_prediction(unit, predictors[unit.name], watch))
    return built_in_node(unit, node, learners, watch)


def _prediction(unit: ServedUnit, predict: Predict, watch: Watch) -> Transform:
    identity = unit.identity

    async def enter(message: Message) -> Message:
        with watch(unit, "/predict"):
            payload = message.payload
            payload = await predict(read(payload) if payload.kind in UNREAD else payload)
        return Message(payload, message.meta.visited(unit.name, identity))

    return enter
