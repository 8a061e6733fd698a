"""Takes what a predictor is asked and answers off the requests' way, and counts it in a thread of its own."""

from __future__ import annotations

import random
import time
from collections import deque
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.evidence.watched import Counts, Watched
from sdep.runtime.confidence import BINS, are_probabilities, bins_of
from sdep.runtime.drift.rows import VALUE, answered, features, kept, predictions
from sdep.runtime.drift.together import together
from sdep.runtime.log import event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sdep.runtime.drift.profile import Binned, Profile
    from sdep.runtime.message import Payload

    Array = np.ndarray[Any, Any]

MOST_WAITING = 2_000
"""Requests that may wait to be counted; of each at most 100 rows."""
PAUSE_SECONDS = 0.25
AT_ONCE = 50
"""Payloads that are read before the interpreter is offered to whoever answers requests."""


class Tap:
    """`offer` is for the event loop and costs some microseconds: it never waits, and what finds no room is counted as dropped."""

    def __init__(self, profile: Profile, sample_rate: float = 1.0) -> None:
        self._profile = profile
        self._digest = profile.digest
        self._rate = sample_rate
        self._waiting: deque[tuple[Payload, Payload]] = deque()
        self._rows = self._unread = self._dropped = 0
        self._seen: dict[int, Counts] = {}
        self._confident = np.zeros(len(BINS), dtype=int)
        self._confidence_sum = 0.0
        self._lock = Lock()
        self._ending = Event()
        self._thread = Thread(target=self._work, name="drift", daemon=True)
        self._thread.start()

    def offer(self, asked: Payload, said: Payload) -> None:
        """Never raises."""
        if self._rate < 1 and random.random() >= self._rate:  # noqa: S311 - a sample, no secret
            return
        if len(self._waiting) >= MOST_WAITING:
            self._dropped += 1
            return
        try:
            one, other = kept(asked), kept(said)
        except Exception:  # noqa: BLE001 - whatever is odd in a payload is no fault of the request's
            one = other = None
        if one is None or other is None:
            self._dropped += 1
        else:
            self._waiting.append((one, other))

    def watched(self) -> Watched:
        """Since the process began, less what waits."""
        with self._lock:
            seen = dict(self._seen)
            rows, unread = self._rows, self._unread
        return Watched(
            reference=self._digest,
            rows=rows,
            unread=unread,
            dropped=self._dropped,
            left_out=self._profile.left_out,
            series=tuple(binned.series(seen.get(id(binned))) for binned in self._profile.every),
        )

    def confidence(self) -> tuple[dict[str, int], float]:
        """Rows of probabilities by the greatest of each, in bins, and the sum of these: its mean is the accuracy to expect."""
        with self._lock:
            return dict(zip(BINS, self._confident.tolist(), strict=True)), self._confidence_sum

    def close(self) -> None:
        """End the thread; what waits is left."""
        self._ending.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._ending.wait(PAUSE_SECONDS):
            try:
                self.count()
            except Exception as error:  # noqa: BLE001 - what is counted must not end what counts
                event("inputs not counted", level="error", error=error)

    def count(self) -> None:
        """Count what waits."""
        pairs = [self._waiting.popleft() for _ in range(len(self._waiting))]
        for start in range(0, len(pairs), AT_ONCE):
            some = pairs[start : start + AT_ONCE]
            for asked in together(asked for asked, _ in some):
                self._features(asked)
            for said in together(said for _, said in some):
                self._predictions(said)
            time.sleep(0)

    def _features(self, payload: Payload) -> None:
        wanted = self._profile.features
        try:
            columns = features(
                payload, self._profile.names, {place: binned.bins.is_text for place, binned in wanted.items()}
            )
        except Exception:  # noqa: BLE001 - what the model took may still be no table of these features
            self._unread += len(payload.value) if payload.kind == "tensor" else 1
            return
        found = list(zip(wanted.values(), columns, strict=True))
        if self._profile.outliers is not None:
            found.append((self._profile.outliers, self._profile.scorer.scores(columns)))
        self._add(((binned, binned.bins.counts(column)) for binned, column in found), len(columns[0]))

    def _predictions(self, payload: Payload) -> None:
        known: Mapping[str, Binned] = self._profile.predictions
        try:
            rows = answered(payload)
            columns = {} if rows is None else predictions(rows)
            found = [
                (known[name], known[name].bins.counts(column)) for name, column in columns.items() if name in known
            ]
        except Exception:  # noqa: BLE001 - the answer is right, whatever it is
            return
        self._add(found)
        if rows is not None and are_probabilities(rows):
            self._sure(columns[VALUE])

    def _sure(self, confidence: Array) -> None:
        with self._lock:
            self._confident += np.bincount(bins_of(confidence), minlength=len(BINS))
            self._confidence_sum += float(confidence.sum())

    def _add(self, found: Iterable[tuple[Binned, Counts]], rows: int = 0) -> None:
        with self._lock:
            self._rows += rows
            for binned, counts in found:
                known = self._seen.get(id(binned))
                self._seen[id(binned)] = counts if known is None else known.plus(counts)
