"""From a request or an answer, whatever carried it, to columns that can be held against the reference's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.errors import BadDataError
from sdep.runtime.evidence.answers import rows_of
from sdep.runtime.evidence.stride import MOST_CELLS, stride
from sdep.runtime.message import NUMERIC, UNREAD, Payload
from sdep.runtime.seldon.codec import read
from sdep.runtime.servers.arrange import with_rows
from sdep.runtime.servers.columns import parts
from sdep.runtime.servers.signature import Column
from sdep.runtime.servers.table_json import values_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Array = np.ndarray[Any, Any]

VALUE, CLASS = "value", "class"
"""Predictions: the number, of several the greatest; the class, of several numbers the place of the greatest."""
SMALL = 100
"""Of so many values all are kept, whatever their shape."""
MOST_VALUES = 10_000
"""A payload with more values that are no array is not kept: it would have to be read whole."""


def kept(payload: Payload) -> Payload | None:
    """As much of a payload as is looked at later: arrays are copied, since a model may change its own; None is too much to keep."""
    value = payload.value
    if isinstance(value, np.ndarray):
        small = value.size <= SMALL
        return Payload(value.copy() if small else _few(value), payload.kind, payload.names)
    if payload.kind == "columns":
        return payload._replace(value={name: _few(column) for name, column in value.items()})
    return payload if values_in(value) <= MOST_VALUES else None


def _few(array: Array) -> Array:
    if not array.ndim or not len(array):
        return array
    step = stride(len(array), array.size // len(array), MOST_VALUES if array.dtype.kind in NUMERIC else MOST_CELLS)
    return array[::step].copy()


def features(payload: Payload, names: Sequence[str], wanted: Mapping[int, bool]) -> list[Array]:
    """A column of each wanted feature, by its place among all `names`: str where it is true, else float64.

    Raises anything for what has no such columns.
    """
    rows = with_rows(read(payload) if payload.kind in UNREAD else payload)
    found, present = parts(rows, [Column(name, required=False) for name in names])
    by_name = {column.name: values for column, values in zip(present, found, strict=True)}
    if not by_name:
        raise BadDataError("the request has none of the features")
    return [
        _column(by_name[names[place]], text=text) if names[place] in by_name else _missing(len(found[0]), text=text)
        for place, text in wanted.items()
    ]


def answered(payload: Payload) -> Array | None:
    """The rows of an answer, with two axes; None of what has none. An array is a few rows already (`kept`), of many requests perhaps."""
    value = payload.value
    if isinstance(value, np.ndarray) and value.size:
        return value.reshape(len(value) if value.ndim else 1, -1)
    return rows_of(payload)


def predictions(rows: Array) -> dict[str, Array]:
    """Columns of what was predicted, by VALUE and CLASS."""
    if rows.dtype.kind not in NUMERIC:
        return {CLASS: _column(rows[:, 0], text=True)}
    numbers = rows.astype(np.float64)
    if numbers.shape[1] == 1:
        return {VALUE: numbers[:, 0]}
    places = np.where(np.isnan(numbers), -np.inf, numbers).argmax(axis=1)
    return {VALUE: numbers[np.arange(len(numbers)), places], CLASS: places.astype(str).astype(object)}


def _column(values: Array, *, text: bool) -> Array:
    if not text and values.dtype.kind in "iufb":
        return values.astype(np.float64)
    cells = values.tolist()
    if text:
        return np.array([_text(cell) for cell in cells], dtype=object)
    return np.array([_number(cell) for cell in cells], dtype=np.float64)


def _text(cell: object) -> str:
    return "" if cell is None or cell != cell else str(cell)  # noqa: PLR0124 - NaN


def _number(cell: Any) -> float:  # noqa: ANN401 - anything may be in a request
    """What is no number is as good as missing."""
    try:
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def _missing(count: int, *, text: bool) -> Array:
    return np.full(count, "", dtype=object) if text else np.full(count, np.nan)
