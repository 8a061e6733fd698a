"""A graph node that a container serves: v1's rules of which of its calls is made when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

from sdep.runtime.graph.node import Node
from sdep.runtime.message import Message, extended, merged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdep.contract import ServedUnit
    from sdep.runtime.graph.node import Aggregate, Route, Transform
    from sdep.runtime.graph.watch import Watch

Step = Literal["predict", "transform-input", "transform-output", "route", "aggregate", "send-feedback"]


class Microservice(Protocol):
    """v1's internal API of one unit, whatever carries it; each call raises `ServingError` with the unit's name."""

    hears_feedback: bool
    """Whether its protocol has a word for feedback; where it has none, v1 does not pass it on either."""

    def label(self, step: Step) -> str:
        """Name the step for metrics, in the words of what carries it."""

    async def transform(self, step: Step, message: Message) -> Message: ...

    async def route(self, message: Message) -> int: ...

    async def aggregate(self, messages: Sequence[Message]) -> Message: ...

    async def send_feedback(self, feedback: dict[str, Any]) -> Message: ...

    async def metadata(self) -> dict[str, Any]: ...

    async def status(self) -> dict[str, Any]: ...


def remote_node(unit: ServedUnit, children: tuple[Node, ...], service: Microservice, watch: Watch) -> Node:
    """Each step where the type has it or `methods` names it; a step for children needs children."""
    enter, leave = _enter_step(unit), _calls(unit, "OUTPUT_TRANSFORMER", "TRANSFORM_OUTPUT")
    return Node(
        unit.name,
        children,
        enter=_transform(unit, enter, service, watch) if enter else None,
        route=_route(unit, service, watch) if children and _calls(unit, "ROUTER", "ROUTE") else None,
        aggregate=_aggregate(unit, service, watch) if children and _calls(unit, "COMBINER", "AGGREGATE") else None,
        leave=_transform(unit, "transform-output", service, watch) if leave else None,
    )


def takes_feedback(unit: ServedUnit) -> bool:
    return unit.type in {"MODEL", "ROUTER"} or "SEND_FEEDBACK" in unit.methods


def _enter_step(unit: ServedUnit) -> Step | None:
    """A model that is told to transform its input does that in place of predicting, as in v1."""
    if _calls(unit, "TRANSFORMER", "TRANSFORM_INPUT"):
        return "transform-input"
    return "predict" if unit.type == "MODEL" else None


def _calls(unit: ServedUnit, type_: str, method: str) -> bool:
    return unit.type == type_ or method in unit.methods


def _transform(unit: ServedUnit, step: Step, service: Microservice, watch: Watch) -> Transform:
    label = service.label(step)

    async def transform(message: Message) -> Message:
        with watch(unit, label):
            return _after(unit, message, await service.transform(step, message))

    return transform


def _route(unit: ServedUnit, service: Microservice, watch: Watch) -> Route:
    label = service.label("route")

    async def route(message: Message) -> int:
        with watch(unit, label):
            return await service.route(message)

    return route


def _aggregate(unit: ServedUnit, service: Microservice, watch: Watch) -> Aggregate:
    label = service.label("aggregate")

    async def aggregate(answers: Sequence[Message]) -> Message:
        with watch(unit, label):
            answer = await service.aggregate(answers)
        return _after(unit, Message(answer.payload, merged([each.meta for each in answers])), answer)

    return aggregate


def _after(unit: ServedUnit, sent: Message, got: Message) -> Message:
    meta = extended(sent.meta, got.meta)
    return Message(got.payload, meta.visited(unit.name, unit.image) if unit.image else meta)
