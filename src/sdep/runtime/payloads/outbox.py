"""Events of one endpoint on their way: a bounded queue that drops rather than waits, emptied in the background."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

from sdep.runtime.log import event as log_event
from sdep.runtime.payloads.delivery import UndeliveredError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdep.runtime.payloads.delivery import Delivery
    from sdep.runtime.payloads.event import PayloadEvent

    Count = Callable[[str, str], None]
    """Counts one event, by unit and what became of it."""

WORKERS = 10
"""Events on their way at the same time, as in v1."""
QUIET_SECONDS = 10.0
"""One log line for all that goes wrong within this time."""


class Bounds(NamedTuple):
    events: int
    bytes: int


class Outbox:
    """`offer` never waits: what does not fit is dropped and counted. Used from one event loop, and nowhere else."""

    def __init__(self, url: str, delivery: Delivery, bounds: Bounds, count: Count) -> None:
        self._url = url
        self._delivery = delivery
        self._bounds = bounds
        self._count = count
        self._waiting: asyncio.Queue[tuple[PayloadEvent, int]] = asyncio.Queue(bounds.events)
        self._bytes = 0
        self._workers: list[asyncio.Task[None]] = []
        self._complained = -QUIET_SECONDS
        self._lost = 0

    def offer(self, event: PayloadEvent, size: int) -> None:
        if self._waiting.full() or self._bytes + size > self._bounds.bytes:
            self._lose(event, "dropped", "the queue is full")
            return
        self._bytes += size
        self._waiting.put_nowait((event, size))
        if len(self._workers) < WORKERS and not self._waiting.empty():
            self._workers.append(asyncio.get_running_loop().create_task(self._work()))

    async def close(self, seconds: float) -> None:
        """Send what waits, as far as `seconds` allow; the rest is counted as dropped."""
        try:
            async with asyncio.timeout(seconds):
                await self._waiting.join()
        except TimeoutError:
            while not self._waiting.empty():
                event, _ = self._waiting.get_nowait()
                self._lose(event, "dropped", "the pod ends")
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            event, size = await self._waiting.get()
            try:
                await self._delivery.deliver(event)
            except UndeliveredError as error:
                self._lose(event, "failed", str(error))
            except asyncio.CancelledError:
                self._lose(event, "dropped", "the pod ends")
                raise
            except Exception as error:  # noqa: BLE001 - one payload that cannot be written must not end them all
                self._lose(event, "failed", f"{type(error).__name__}: {error}")
            else:
                self._count(event.unit, "delivered")
            finally:
                self._bytes -= size
                self._waiting.task_done()

    def _lose(self, event: PayloadEvent, outcome: str, why: str) -> None:
        self._count(event.unit, outcome)
        self._lost += 1
        now = time.monotonic()
        if now - self._complained >= QUIET_SECONDS:
            said = f"payload {outcome}"
            log_event(said, level="warning", endpoint=self._url, unit=event.unit, reason=why, events=self._lost)
            self._complained, self._lost = now, 0
