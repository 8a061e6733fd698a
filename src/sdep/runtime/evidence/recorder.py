"""Counts each prediction of this process, in about a microsecond, and tells the counts as `Evidence`."""

from __future__ import annotations

import math
from collections import Counter
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.evidence.evidence import LATENCY_DIGITS, Evidence
from sdep.runtime.evidence.answers import rows_of
from sdep.runtime.evidence.cells import label_of, number_of
from sdep.runtime.evidence.labels import Labels
from sdep.runtime.evidence.numbers import Numbers
from sdep.runtime.evidence.truths import Truths
from sdep.runtime.message import NUMERIC

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdep.runtime.message import Payload

    Array = np.ndarray[Any, Any]

REFUSED, BUSY, FAILED = 400, 429, 500
SMALL = 32
"""Up to so many numbers Python is quicker than NumPy."""


class Recorder:
    """Used on the event loop alone. Nothing here is raised into a request: an answer that cannot be counted is left out."""

    def __init__(self) -> None:
        self._requests = self._errors = self._refusals = 0
        self._latency = Numbers(LATENCY_DIGITS)
        self._predictions = Numbers()
        self._classes = Labels()
        self.truths = Truths()

    def request(self, code: int, seconds: float) -> None:
        """One request for a prediction, answered with the HTTP code, or the one that means the same in gRPC."""
        self._requests += 1
        if code < REFUSED:
            self._latency.add(seconds)
        elif code >= FAILED or code == BUSY:
            self._errors += 1
        else:
            self._refusals += 1

    def answered(self, payload: Payload) -> None:
        """What a graph predicted. Of many rows at most 100 are looked at, evenly strided.

        A row with one number counts as that number; one with several as the greatest of them, with its place ("0", "1", …)
        as the class. Text and booleans are classes. What is not finite, and what is none of these, is left out.
        """
        value = payload.value
        try:
            if type(value) is np.ndarray and value.size == 1:
                self._cell(value.item())
            elif type(value) is str:
                self._cell(value)
            else:
                self._rows(rows_of(payload))
        except Exception:  # noqa: BLE001, S110 - the answer is right, whatever it is; a log line each would be many
            pass

    def evidence(self) -> Evidence:
        """Since the process began."""
        return Evidence(
            requests=self._requests,
            errors=self._errors,
            refusals=self._refusals,
            latency=self._latency.histogram(),
            predictions=self._predictions.histogram(),
            classes=dict(self._classes.counts),
            truth=self.truths.truth(),
        )

    def _rows(self, rows: Array | None) -> None:
        if rows is None:
            return
        if rows.dtype.kind not in NUMERIC:
            self._anything(rows)
        elif rows.shape[1] == 1:
            self._column(rows.ravel().tolist())
        elif rows.size > SMALL:
            self._matrix(rows)
        else:
            for row in rows.tolist():
                self._row(row)

    def _row(self, row: list[float]) -> None:
        """A few numbers."""
        if not math.isfinite(sum(row)):  # or they are too large to be added
            self._cells(row)
            return
        greatest = max(row)
        self._predictions.add(greatest)
        self._classes.add(str(row.index(greatest)))

    def _anything(self, rows: Array) -> None:
        cells = rows.ravel().tolist()
        if set(map(type, cells)) == {str}:
            for label, count in Counter(cells).items():
                self._classes.add(label, count)
        else:
            for row in rows.tolist():
                self._cells(row)

    def _column(self, numbers: list[float]) -> None:
        self._predictions.add_all(numbers if math.isfinite(sum(numbers)) else filter(math.isfinite, numbers))

    def _matrix(self, rows: Array) -> None:
        rows = rows.astype(np.float64, copy=False)
        finite = np.isfinite(rows)
        if not finite.all():
            rows = np.where(finite, rows, -np.inf)
            rows = rows[finite.any(axis=1)]
        places = rows.argmax(axis=1)
        self._predictions.add_all(rows[np.arange(len(rows)), places].tolist())
        for place, count in Counter(places.tolist()).items():
            self._classes.add(str(place), count)

    def _cell(self, cell: object) -> None:
        """The only one of an answer: the usual kinds at once."""
        if type(cell) is float:
            if math.isfinite(cell):
                self._predictions.add(cell)
        elif type(cell) is str:
            self._classes.add(cell)
        else:
            self._cells([cell])

    def _cells(self, row: Sequence[object]) -> None:
        """One row of anything. Beside a label, the place of a number says nothing."""
        labels = [label for cell in row if (label := label_of(cell)) is not None]
        for label in labels:
            self._classes.add(label)
        numbers = [(number, place) for place, cell in enumerate(row) if (number := number_of(cell)) is not None]
        if not numbers:
            return
        greatest, place = max(numbers, key=itemgetter(0))
        self._predictions.add(greatest)
        if len(row) > 1 and not labels:
            self._classes.add(str(place))
