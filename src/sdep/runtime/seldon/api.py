"""The Seldon protocol as functions of decoded bodies; HTTP is one way to call them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from sdep.runtime.errors import NotFoundError, NotReadyError
from sdep.runtime.message import Message, Meta
from sdep.runtime.predictor import units_of
from sdep.runtime.seldon.codec import decode, empty, encode
from sdep.runtime.seldon.feedback import read_feedback, recipients
from sdep.runtime.seldon.metadata import graph_metadata, unit_metadata

if TYPE_CHECKING:
    from sdep.contract import ServedPredictor, ServedUnit
    from sdep.runtime.metrics import Metrics
    from sdep.runtime.predictor import Predictor


class SeldonApi:
    """`predictor` is set once its models are loaded; until then every call but those of probes is refused."""

    def __init__(self, served: ServedPredictor, metrics: Metrics) -> None:
        self._served = served
        self._metrics = metrics
        self._units = {unit.name: unit for unit in units_of(served.graph)}
        self.predictor: Predictor | None = None

    async def predict(self, body: Any, puid: str) -> tuple[bytes, str]:  # noqa: ANN401 - decoded JSON
        """Answer as JSON, with the puid: the body's own, else `puid` (that of the header, "" if none)."""
        predictor = self._ready()
        message = decode(body)
        if puid and not message.meta.puid:
            message = Message(message.payload, message.meta._replace(puid=puid))
        answer = encode(await predictor.predict(message))
        self._metrics.predictions.add()
        return answer, message.meta.puid

    def feedback(self, body: Any, puid: str) -> tuple[bytes, str]:  # noqa: ANN401 - decoded JSON
        feedback = read_feedback(body)
        for unit in list(recipients(self._served.graph, feedback.routing)):
            self._metrics.fed_back(unit, feedback.reward)
        puid = puid or feedback.puid
        return encode(Message(empty(feedback.kind), Meta(puid))), puid

    def graph_metadata(self) -> bytes:
        return orjson.dumps(graph_metadata(self._served, self._ready().models))

    def unit_metadata(self, unit: str) -> bytes:
        return orjson.dumps(unit_metadata(self._unit(unit), self._ready().models))

    def unit_status(self, unit: str) -> bytes:
        self._unit(unit)
        self._ready()
        return orjson.dumps({"meta": {}, "strData": "healthy"})

    def _unit(self, name: str) -> ServedUnit:
        if name not in self._units:
            raise NotFoundError(f"the graph has no unit '{name}'")
        return self._units[name]

    def _ready(self) -> Predictor:
        if self.predictor is None:
            raise NotReadyError("the models are still being loaded")
        return self.predictor
