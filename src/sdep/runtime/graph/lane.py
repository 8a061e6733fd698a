"""Where a model's calls run: a short one on the event loop, a long one in a thread, so that nobody waits behind it."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from sdep.runtime.errors import OffLoopError
from sdep.runtime.servers.table_json import values_in

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from sdep.runtime.message import Payload
    from sdep.runtime.servers.model import Model

SHORT_SECONDS = 0.001
"""A thread costs about a tenth of this in hand-over; the loop may be held for about this long."""
SHORT_VALUES = 1000
"""A request with more values than this says nothing about the usual one: it always gets a thread."""
MEMORY = 0.9
"""The weight of the past in the running mean of call times."""
OUTLIER = 2.0
"""A call counts as no more than this many usual ones: one that the machine held up says nothing about the model, and a
model that has become slow is found out within a few dozen calls all the same."""


class Lane:
    """One model's way in. It starts in threads, and moves onto the loop when `seconds` (a measured call) is short."""

    def __init__(self, model: Model, threads: Executor, seconds: float | None = None) -> None:
        self._model = model
        self._threads = threads
        self._seconds = 10 * SHORT_SECONDS if seconds is None else seconds

    async def predict(self, payload: Payload) -> Payload:
        if not _small(payload):
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._model.predict, payload)
        if self._seconds < SHORT_SECONDS:
            with suppress(OffLoopError):
                return self._timed(payload)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._timed, payload)

    def held(self, payload: Payload) -> float:
        """For how many seconds a call will hold the event loop; infinite for one that gets a thread."""
        return self._seconds if self._seconds < SHORT_SECONDS and _small(payload) else math.inf

    def _timed(self, payload: Payload) -> Payload:
        """Threads may race for the mean: losing one sample is harmless."""
        begin = time.perf_counter()
        answer = self._model.predict(payload)
        taken = min(time.perf_counter() - begin, OUTLIER * self._seconds)
        self._seconds = MEMORY * self._seconds + (1 - MEMORY) * taken
        return answer


def _small(payload: Payload) -> bool:
    return values_in(payload.value) <= SHORT_VALUES
