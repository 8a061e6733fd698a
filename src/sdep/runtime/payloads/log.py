"""The payload log of a predictor: which units tell what, and to whom."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import orjson

from sdep.runtime.graph.call import CALL
from sdep.runtime.payloads.delivery import Delivery
from sdep.runtime.payloads.event import FEEDBACK, REQUEST, RESPONSE, PayloadEvent, common_headers
from sdep.runtime.payloads.frozen import frozen
from sdep.runtime.payloads.outbox import Bounds, Outbox
from sdep.runtime.request_id import new_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sdep.contract import ServedLogger, ServedUnit
    from sdep.runtime.message import Message
    from sdep.runtime.metrics import Metrics
    from sdep.runtime.settings import Settings

SKIP = "seldon-skip-logging"
"""The header of a request whose payloads are left out."""
_YES = frozenset({"true", "on", "1"})
_TOLD = {REQUEST: {"all", "request"}, RESPONSE: {"all", "response"}, FEEDBACK: {"all", "response"}}
QUEUED_BYTES = 64 * 1024 * 1024
DEFAULT_EVENTS = 10_000
DEFAULT_SECONDS = 2.0


class PayloadLog:
    """Nothing here waits for a receiver, and nothing raises: a payload is queued or counted as dropped."""

    def __init__(self, settings: Settings, units: Iterable[ServedUnit], metrics: Metrics) -> None:
        predictor = settings.predictor
        self._loggers = {unit.name: unit.logger for unit in units if unit.logger is not None}
        self._metrics = metrics
        self._default = settings.payload_endpoint
        bounds = Bounds(predictor.payload_queue_size or DEFAULT_EVENTS, QUEUED_BYTES)
        seconds = predictor.payload_timeout_ms / 1000 or DEFAULT_SECONDS
        common = common_headers(predictor)
        self._outboxes = {
            url: Outbox(url, Delivery(url, common, seconds), bounds, metrics.payload)
            for url in {self._url(logger) for logger in self._loggers.values()}
        }

    def tells(self, unit: str, kind: str) -> bool:
        logger = self._loggers.get(unit)
        return logger is not None and logger.mode in _TOLD[kind]

    def message(self, unit: str, kind: str, message: Message) -> None:
        """Log what is asked or answered, as it is now."""
        if not _skipped():
            kept, size = frozen(message)
            self._offer(unit, kind, message.meta.puid, kept, size)

    def feedback(self, unit: str, body: object) -> None:
        """Log decoded JSON, where the unit wants it."""
        if self.tells(unit, FEEDBACK) and not _skipped():
            written = orjson.dumps(body)
            self._offer(unit, FEEDBACK, "", written, len(written))

    async def close(self, seconds: float) -> None:
        """Send what is queued, for at most `seconds`."""
        await asyncio.gather(*(outbox.close(seconds) for outbox in self._outboxes.values()))

    def _offer(self, unit: str, kind: str, puid: str, content: Message | bytes, size: int) -> None:
        headers = CALL.get().headers
        request = headers.get("seldon-puid") or puid or new_id()
        traceparent = headers.get("traceparent", "")
        event = PayloadEvent(new_id(), kind, unit, request, time.time(), content, traceparent)
        self._outboxes[self._url(self._loggers[unit])].offer(event, size)

    def _url(self, logger: ServedLogger) -> str:
        return logger.url or self._default


def _skipped() -> bool:
    return CALL.get().headers.get(SKIP, "").lower() in _YES
