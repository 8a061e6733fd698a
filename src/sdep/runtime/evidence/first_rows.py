"""The first rows of an answer, each as one label and one number, to be compared with those of another model."""

from __future__ import annotations

import math
from operator import itemgetter
from typing import TYPE_CHECKING
from zlib import crc32

from sdep.evidence.answers import MOST_ROWS, Row
from sdep.runtime.evidence.answers import rows_of
from sdep.runtime.evidence.cells import label_of, number_of
from sdep.runtime.evidence.labels import MOST_CHARACTERS
from sdep.runtime.message import NUMERIC

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdep.runtime.message import Payload

_DIGEST = 10
"""Characters that a label which was cut ends with, so that two long texts that begin alike stay two."""


def first_rows(payload: Payload) -> tuple[Row, ...]:
    """None of what has no rows, as bytes or an object. Raises anything for what is odd."""
    rows = rows_of(payload)
    if rows is None:
        return ()
    read = _numbers if rows.dtype.kind in NUMERIC else _row
    return tuple(read(row) for row in rows[:MOST_ROWS].tolist())


def _numbers(row: Sequence[float]) -> Row:
    """The same as of any row, where nothing but numbers can be."""
    if not math.isfinite(sum(row)):
        return _row(row)
    greatest = max(row)
    return Row(str(row.index(greatest)) if len(row) > 1 else None, float(greatest))


def _row(row: Sequence[object]) -> Row:
    """Text and booleans are labels. Beside one, the place of a number says nothing."""
    labels = [label for cell in row if (label := label_of(cell)) is not None]
    numbers = [(number, place) for place, cell in enumerate(row) if (number := number_of(cell)) is not None]
    number, place = max(numbers, key=itemgetter(0)) if numbers else (None, 0)
    if labels:
        return Row(_short(", ".join(labels)), number)
    return Row(str(place) if numbers and len(row) > 1 else None, number)


def _short(label: str) -> str:
    told = label.encode(errors="replace")  # half a character could not be told
    if len(label) <= MOST_CHARACTERS:
        return told.decode()
    return f"{told.decode()[: MOST_CHARACTERS - _DIGEST]}… {crc32(told):08x}"
