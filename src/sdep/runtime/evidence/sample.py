"""Keeps some answers one by one for a few seconds: those that every other pod keeps too, without a word between them."""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import TYPE_CHECKING
from zlib import crc32

from sdep.evidence.answers import EVERY, Answer, Answers, Row, key_of
from sdep.runtime.evidence.first_rows import first_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdep.runtime.message import Payload

WINDOW_SECONDS = 10.0
"""Answers are told for one such time at least, for two at most."""
MOST = 200
"""Answers of one window, in one process."""

_PREDICTED: ContextVar[Payload | None] = ContextVar("predicted", default=None)


class Sample:
    """Used on the event loop alone. Nothing is raised into a request; what it costs one that is not kept is in `docs/performance.md`.

    A request is kept where the hash of its id is below a threshold, which is halved when a window is full, and doubled after
    one that was nearly empty. What the ring has is complete below the lowest threshold of its two windows.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` is the same in all processes of a pod, and never goes back."""
        self._clock = clock
        self._below = self._earlier_below = EVERY
        self._kept: list[Answer] = []
        self._earlier: list[Answer] = []
        self._end = clock() + WINDOW_SECONDS

    def predicted(self, payload: Payload) -> None:
        """What a graph predicted for the request of this task."""
        _PREDICTED.set(payload)

    def request(self, request_id: bytes, code: int, seconds: float) -> None:
        """One request for a prediction is answered, in the task that `predicted` was called in; no other pod knows of an id of ""."""
        if crc32(request_id) < self._below and request_id:
            self._keep(key_of(request_id), code, seconds)

    def answers(self) -> Answers:
        """What was answered in this window and the one before it."""
        now = self._clock()
        self._turn(now)
        below = min(self._below, self._earlier_below)
        return Answers(until=now, below=below, answers=(*self._earlier, *self._kept)).between(0.0, now)

    def _keep(self, key: str, code: int, seconds: float) -> None:
        now = self._clock()
        self._turn(now)
        self._kept.append(Answer(key, now, round(seconds, 6), code, _rows(_PREDICTED.get()) if code < 400 else ()))  # noqa: PLR2004
        if len(self._kept) >= MOST:
            self._below = max(1, self._below // 2)
            self._kept = [one for one in self._kept if one.hash < self._below]

    def _turn(self, now: float) -> None:
        """Begin a new window where this one is over; nothing of the one before it is left where that was long ago."""
        if now < self._end:
            return
        at_once = now < self._end + WINDOW_SECONDS
        self._earlier, self._earlier_below = (self._kept, self._below) if at_once else ([], EVERY)
        self._end = (self._end if at_once else now) + WINDOW_SECONDS
        if len(self._kept) < MOST // 4:
            self._below = min(EVERY, self._below * 2)
        self._kept = []


def _rows(payload: Payload | None) -> tuple[Row, ...]:
    try:
        return () if payload is None else first_rows(payload)
    except Exception:  # noqa: BLE001 - the answer is right, whatever it is
        return ()
