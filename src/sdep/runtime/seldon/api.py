"""The Seldon protocol as functions of decoded bodies; HTTP and gRPC are two ways to call them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson

from sdep.runtime.errors import NotFoundError, NotReadyError
from sdep.runtime.evidence.truths import answered_by
from sdep.runtime.message import Message, Meta
from sdep.runtime.predictor import units_of
from sdep.runtime.seldon.codec import as_written, decode, empty, encode
from sdep.runtime.seldon.feedback import answering, read_feedback, recipients
from sdep.runtime.seldon.metadata import graph_metadata, unit_metadata
from sdep.runtime.seldon.truth import outcome, tolerance_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdep.contract import ServedPredictor, ServedUnit
    from sdep.runtime.metrics import Metrics
    from sdep.runtime.predictor import Predictor
    from sdep.runtime.seldon.feedback import Feedback


class SeldonApi:
    """`predictor` is set once its models are loaded; until then every call but those of probes is refused."""

    def __init__(self, served: ServedPredictor, metrics: Metrics) -> None:
        self._served = served
        self._metrics = metrics
        self._units = {unit.name: unit for unit in units_of(served.graph)}
        self.has_containers = any(unit.host for unit in self._units.values())
        self.announces = self.has_containers or any(unit.logger for unit in self._units.values())
        """Whether somebody asks what `CALL` holds."""
        self.predictor: Predictor | None = None

    async def predict(self, body: Any, puid: str) -> tuple[bytes, str]:  # noqa: ANN401 - decoded JSON
        """Answer as JSON, with the puid: the body's own, else `puid` (that of the header, "" if none)."""
        message = as_written(body) if self.has_containers else decode(body)
        if puid and not message.meta.puid:
            message = Message(message.payload, message.meta._replace(puid=puid))
        return encode(await self.answer(message)), message.meta.puid

    async def answer(self, message: Message) -> Message:
        """Run the graph, whatever carried the message here."""
        predictor = self.predictor
        if predictor is None:
            raise _not_ready()
        answer = await predictor.predict(message)
        self._metrics.predicted(answer.payload)
        if self._metrics.drift is not None:
            self._metrics.drift.offer(message.payload, answer.payload)
        return answer

    async def feedback(self, body: Any, puid: str) -> tuple[bytes, str]:  # noqa: ANN401 - decoded JSON
        """Children hear of it before their parents. The root's own reply is the answer, where it is a container."""
        feedback, predictor = read_feedback(body), self._ready()
        puid = puid or feedback.puid
        reply = Message(empty(feedback.kind), Meta(puid))
        for unit in list(recipients(self._served.graph, feedback.routing)):
            if predictor.payloads is not None:
                predictor.payloads.feedback(unit.name, body)
            service = predictor.services.get(unit.name)
            if service is None or not service.hears_feedback:
                await self._learn(unit, feedback)
                continue
            with predictor.watch(unit, service.label("send-feedback")):
                said = await service.send_feedback(body)
            if unit.name == self._served.graph.name:
                reply = said
        self._track(body, feedback)
        return encode(reply), puid

    def _track(self, body: Mapping[str, Any], feedback: Feedback) -> None:
        """Count what the answer was worth, and how right it was where the feedback brings both it and the truth."""
        unit, truths = answering(self._served.graph, feedback.routing), self._metrics.evidence.truths
        model = answered_by(unit.identity, unit.name, feedback.path)
        if feedback.has_reward:
            truths.rewarded(model, feedback.reward)
        if not body.get("truth") or not body.get("response"):
            return
        found = outcome(body, tolerance_of(unit))
        self._metrics.tracking.observe(unit, feedback.path, found)
        if found is not None:
            truths.known(model, found)

    async def _learn(self, unit: ServedUnit, feedback: Feedback) -> None:
        """Told to a unit of this process, or kept from a container that has no word for it; the count says that it was heard here."""
        learn = self._ready().learns.get(unit.name)
        if learn is not None:
            await learn(feedback.branch(unit), feedback.reward, feedback.rows)
        self._metrics.fed_back(unit, feedback.reward)

    async def graph_metadata(self) -> bytes:
        predictor = self._ready()
        told = await asyncio.gather(*(service.metadata() for service in predictor.services.values()))
        containers = dict(zip(predictor.services, told, strict=True))
        return orjson.dumps(graph_metadata(self._served, predictor.models, containers, predictor.unanswered))

    async def unit_metadata(self, name: str) -> bytes:
        unit, predictor = self._unit(name), self._ready()
        service = predictor.services.get(name)
        if service is not None:
            return orjson.dumps(await service.metadata())
        return orjson.dumps(unit_metadata(unit, predictor.models, predictor.unanswered))

    async def unit_status(self, name: str) -> bytes:
        """A container's own word, or that a unit of this process is as well as the process."""
        self._unit(name)
        service = self._ready().services.get(name)
        return orjson.dumps({"meta": {}, "strData": "healthy"} if service is None else await service.status())

    def _unit(self, name: str) -> ServedUnit:
        if name not in self._units:
            raise NotFoundError(f"the graph has no unit '{name}'")
        return self._units[name]

    def _ready(self) -> Predictor:
        if self.predictor is None:
            raise _not_ready()
        return self.predictor


def _not_ready() -> NotReadyError:
    return NotReadyError("the models are still being loaded")
