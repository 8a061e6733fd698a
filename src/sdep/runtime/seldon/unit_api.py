"""One unit of this process as v1's microservice: what an engine calls at the unit's own port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from sdep.runtime.errors import BadDataError, NotReadyError
from sdep.runtime.message import Message, Meta, Payload
from sdep.runtime.seldon.codec import decode, empty, encode
from sdep.runtime.seldon.feedback import read_feedback
from sdep.runtime.seldon.metadata import unit_metadata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdep.contract import ServedUnit
    from sdep.runtime.graph.node import Node
    from sdep.runtime.metrics import Metrics
    from sdep.runtime.seldon.api import SeldonApi


class UnitApi:
    """Calls that the unit has no step for end as they do in v1: transforms change nothing, the others are refused."""

    def __init__(self, unit: ServedUnit, api: SeldonApi, metrics: Metrics) -> None:
        self._unit = unit
        self._api = api
        self._metrics = metrics

    async def predict(self, message: Message) -> Message:
        enter = self._node().enter
        if enter is None or self._api.predictor is None:
            return message
        with self._api.predictor.gate:
            return await enter(message)

    async def transform(self, message: Message) -> Message:
        return message

    async def route(self, message: Message) -> Message:
        route = self._node().route
        if route is None:
            raise BadDataError(f"unit '{self._unit.name}' does not route")
        return Message(Payload(np.array([[await route(message)]]), "ndarray", ("t:0",)), message.meta)

    async def aggregate(self, messages: Sequence[Message]) -> Message:
        aggregate = self._node().aggregate
        if aggregate is None:
            raise BadDataError(f"unit '{self._unit.name}' does not aggregate")
        if not messages:
            raise BadDataError("there is nothing to aggregate: send a list of messages")
        return await aggregate(messages)

    def send_feedback(self, body: object) -> bytes:
        feedback = read_feedback(body)
        self._metrics.fed_back(self._unit, feedback.reward)
        return encode(Message(empty(feedback.kind), Meta(feedback.puid)))

    def status(self) -> bytes:
        self._node()
        return orjson.dumps({"meta": {}, "strData": "healthy"})

    def metadata(self) -> bytes:
        self._node()
        loaded = self._api.predictor
        models, unanswered = (loaded.models, loaded.unanswered) if loaded is not None else ({}, {})
        return orjson.dumps(unit_metadata(self._unit, models, unanswered))

    def _node(self) -> Node:
        if self._api.predictor is None:
            raise NotReadyError("the models are still being loaded")
        return self._api.predictor.alone[self._unit.name]


def decode_list(body: Any) -> list[Message]:  # noqa: ANN401 - decoded JSON
    """A combiner's input: a bare list, or v1's SeldonMessageList."""
    if isinstance(body, dict):
        body = body.get("seldonMessages")
    if not isinstance(body, list):
        raise BadDataError("a combiner takes a list of messages, or an object with the list seldonMessages")
    return [decode(message) for message in body]
