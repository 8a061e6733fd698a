"""Adaptive batching: rows of requests that wait for one model are predicted in one call.

A batch leaves as soon as the model is free, so that a request that is alone waits for nobody; `max_batch_time` makes it wait for
others.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sdep.contract import PARAMETER_BATCH_SECONDS as SECONDS
from sdep.contract import PARAMETER_BATCH_SIZE as SIZE
from sdep.runtime.errors import LoadError
from sdep.runtime.log import event
from sdep.runtime.servers.parameters import parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from sdep.contract import ServedUnit
    from sdep.runtime.message import Payload
    from sdep.runtime.servers.model import Model

TABLE = 2
"""Axes of an array whose first one is rows."""


class Limits(NamedTuple):
    """`rows` of one batch, and `seconds` that its first request waits for others."""

    rows: int
    seconds: float


def limits(unit: ServedUnit) -> Limits | None:
    """Read the unit's parameters; None where they ask for no batching."""
    given = parameters(unit)
    rows, seconds = given.get(SIZE, 0), given.get(SECONDS, 0.0)
    for name, value in ((SIZE, rows), (SECONDS, seconds)):
        if isinstance(value, str) or value < 0:
            raise LoadError(unit.name, f"parameter '{name}' must be a number that is not negative, and is '{value}'")
    return Limits(int(rows), float(seconds)) if int(rows) > 1 else None


class _Waiting(NamedTuple):
    payload: Payload
    answer: asyncio.Future[Payload]


class BatchLane:
    """One model's way in, one call at a time. `seen` is told the rows of each call."""

    def __init__(self, model: Model, threads: Executor, limits: Limits, seen: Callable[[int], None]) -> None:
        self._model = model
        self._threads = threads
        self._limits = limits
        self._seen = seen
        self._waiting: deque[_Waiting] = deque()
        self._rows = 0
        self._more = asyncio.Event()
        self._runs: asyncio.Task[None] | None = None
        self._divides = True

    async def predict(self, payload: Payload) -> Payload:
        """Requests of other than rows, or of more than a batch holds, go alone; so do all once an answer was not rows."""
        loop = asyncio.get_running_loop()
        if not self._divides or not _stackable(payload, self._limits.rows):
            return await loop.run_in_executor(self._threads, self._model.predict, payload)
        waiting = _Waiting(payload, loop.create_future())
        self._waiting.append(waiting)
        self._rows += len(payload.value)
        self._more.set()
        if self._runs is None:
            self._runs = loop.create_task(self._run())
        return await waiting.answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._gather()
                batch = self._next()
                if batch:
                    await self._answer(batch)
        finally:
            self._runs = None

    async def _gather(self) -> None:
        """Wait until the batch is full or its time is over."""
        if not self._limits.seconds:
            return
        try:
            async with asyncio.timeout(self._limits.seconds):
                while self._rows < self._limits.rows:
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            return

    def _next(self) -> list[_Waiting]:
        """The oldest request, and those that fit it, in their order. Requests that nobody waits for any more are dropped."""
        batch: list[_Waiting] = []
        others: deque[_Waiting] = deque()
        rows = 0
        for waiting in self._waiting:
            size = len(waiting.payload.value)
            if waiting.answer.done():
                self._rows -= size
            elif rows + size <= self._limits.rows and (not batch or _alike(waiting.payload, batch[0].payload)):
                batch.append(waiting)
                rows += size
            else:
                others.append(waiting)
        self._waiting = others
        self._rows -= rows
        return batch

    async def _answer(self, batch: list[_Waiting]) -> None:
        payloads = [waiting.payload for waiting in batch]
        run = asyncio.get_running_loop().run_in_executor
        for waiting, answer in zip(batch, await run(self._threads, self._predict, payloads), strict=True):
            if waiting.answer.done():  # its client is gone
                continue
            if isinstance(answer, Exception):
                waiting.answer.set_exception(answer)
            else:
                waiting.answer.set_result(answer)

    def _predict(self, payloads: list[Payload]) -> Sequence[Payload | Exception]:
        """In a thread. A batch that fails is asked again one by one: a bad row spoils nobody else's request."""
        if len(payloads) > 1:
            try:
                answers = self._together(payloads)
            except Exception:  # noqa: BLE001 - whoever causes it is told below
                answers = None
            if answers is not None:
                return answers
        return [self._one(payload) for payload in payloads]

    def _together(self, payloads: list[Payload]) -> list[Payload] | None:
        """None where the answer has no row for each row."""
        values = [payload.value for payload in payloads]
        stacked = np.concatenate(values)
        self._seen(len(stacked))
        answer = self._model.predict(payloads[0]._replace(value=stacked))
        if not isinstance(answer.value, np.ndarray) or not answer.value.ndim or len(answer.value) != len(stacked):
            self._divides = False
            event("batching ends", level="warning", reason="the model does not answer with one row for each row")
            return None
        ends = np.cumsum([len(value) for value in values])[:-1]
        return [answer._replace(value=part) for part in np.split(answer.value, ends)]

    def _one(self, payload: Payload) -> Payload | Exception:
        self._seen(len(payload.value))
        try:
            return self._model.predict(payload)
        except Exception as error:  # noqa: BLE001 - it goes to the request that caused it
            return error


def _stackable(payload: Payload, most: int) -> bool:
    value = payload.value
    return isinstance(value, np.ndarray) and value.ndim >= TABLE and 0 < len(value) < most


def _alike(one: Payload, other: Payload) -> bool:
    return _shape(one) == _shape(other) and _asked(one) == _asked(other)


def _asked(payload: Payload) -> tuple[object, ...]:
    return payload.names, payload.kind, payload.params


def _shape(payload: Payload) -> tuple[Any, ...]:
    return payload.value.dtype, payload.value.shape[1:]
