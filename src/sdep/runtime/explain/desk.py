"""Where explanations are made: in few threads, with room for some to wait, so that probes and clients are always answered."""

from __future__ import annotations

import asyncio
import math
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.errors import SdepError
from sdep.runtime.errors import BadDataError
from sdep.runtime.explain.example import example_of, noted
from sdep.runtime.explain.question import rows_of
from sdep.runtime.graph.gate import Gate
from sdep.runtime.servers.table_json import values_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdep.runtime.explain.context import Context
    from sdep.runtime.explain.explanation import Explanation
    from sdep.runtime.explain.methods import Method
    from sdep.runtime.message import Payload

Array = np.ndarray[Any, Any]

SHORT_SECONDS = 0.002
"""No prediction waits in this process: its loop may be held for this long, which is about what a hand-over to a thread costs
on a busy machine."""
SHORT_VALUES = 200
MEMORY = 0.9
"""The weight of the past in the running mean of times."""


class Desk:
    """`BusyError` where as many as `inside` are being made or wait already. What was quick of late is made on the spot."""

    def __init__(
        self, method: Method, context: Context, threads: int, inside: int, refused: Callable[[], None]
    ) -> None:
        self._method = method
        self._context = context
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="explain")
        self._gate = Gate(inside, refused)
        self._seconds = math.inf

    async def explain(self, payload: Payload) -> Explanation:
        with self._gate:
            if self._seconds < SHORT_SECONDS and values_in(payload.value) <= SHORT_VALUES:
                return self._explained(payload)
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._explained, payload)

    async def example(self) -> Explanation:
        """Of a row that nobody sent."""
        with self._gate:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._of_example)

    def _explained(self, payload: Payload) -> Explanation:
        begin = time.thread_time()
        found = self._made(rows_of(payload, self._context.names))
        self._remember(time.thread_time() - begin)
        return found

    def _of_example(self) -> Explanation:
        rows, what = example_of(self._context)
        return noted(self._made(rows), rows, what, self._context)

    def _made(self, rows: Array) -> Explanation:
        try:
            return self._method.explain(rows, self._context)
        except SdepError as error:
            raise BadDataError(error.message) from error

    def _remember(self, seconds: float) -> None:
        """Threads may race for the mean: losing one sample is harmless."""
        known = math.isfinite(self._seconds)
        self._seconds = MEMORY * self._seconds + (1 - MEMORY) * seconds if known else seconds
