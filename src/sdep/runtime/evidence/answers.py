"""From the answer of a graph, whatever carries it, to a few of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.evidence.stride import MOST_CELLS, MOST_NUMBERS, stride
from sdep.runtime.message import NUMERIC, Payload, in_rows
from sdep.runtime.rows import array_of_rows
from sdep.runtime.servers.model import Result
from sdep.runtime.servers.table_json import values_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Array = np.ndarray[Any, Any]


def rows_of(payload: Payload) -> Array | None:
    """At most 100 rows, evenly strided, with two axes; None of what has no rows, as bytes or an object.

    Of several named arrays it is the table that they make, or else the first. Raises anything for what is odd.
    """
    reader = _READERS.get(payload.kind)
    return _listed(payload.value) if reader is None else reader(payload.value)


def _few(array: Array) -> Array | None:
    """Axes after the first are one."""
    if not array.size:
        return None
    rows = len(array) if array.ndim else 1
    width = array.size // rows
    step = stride(rows, width, MOST_NUMBERS if array.dtype.kind in NUMERIC else MOST_CELLS)
    return (array if step == 1 else array[::step]).reshape(-1, width)


def _table(arrays: Sequence[Array]) -> Array | None:
    if not arrays:
        return None
    few = {str(place): each[:: stride(len(each), len(arrays))] for place, each in enumerate(map(np.atleast_1d, arrays))}
    table = in_rows(Payload(few, "columns")).value
    return _few(table if isinstance(table, np.ndarray) else arrays[0])


def _listed(value: object) -> Array | None:
    """Of JSON: a list of rows, or one value."""
    if isinstance(value, (dict, bytes)):
        return None
    if not isinstance(value, (list, tuple)):
        return np.array([[value]], dtype=object)
    step = stride(len(value), values_in(value[0]) if value and isinstance(value[0], list) else 1)
    return _few(array_of_rows(list(value[::step]), "the answer"))


def _of_body(body: object) -> Array | None:
    """Of a SeldonMessage as JSON, or of what a container answered in its place."""
    if not isinstance(body, dict):
        return _listed(body)
    data = body.get("data")
    if not isinstance(data, dict):
        return _listed(body.get("jsonData", body.get("strData", body)))
    return _flat(**data["tensor"]) if "tensor" in data else _listed(data.get("ndarray"))


def _flat(values: Sequence[Any], shape: Iterable[int] = ()) -> Array | None:
    """Numbers that are not finite are text here."""
    rows = (*shape, len(values))[0]
    width = len(values) // rows
    taken = range(0, rows, stride(rows, width))
    return _few(np.array([values[row * width : (row + 1) * width] for row in taken], dtype=np.float64))


def _returned(value: Any) -> Array | None:  # noqa: ANN401 - a model may return anything
    if isinstance(value, np.ndarray):
        return _few(value)
    if hasattr(value, "iloc"):  # pandas' DataFrame and Series
        return _few(value.iloc[:: stride(len(value), value.size // len(value))].to_numpy())
    return _listed(value)


_READERS: Mapping[str, Callable[[Any], Array | None]] = {
    **dict.fromkeys(("ndarray", "tensor", "tftensor"), _few),
    "columns": lambda columns: _table(list(columns.values())),
    "inference": lambda inference: _table([tensor.array for tensor in inference.tensors]),
    "message": _of_body,
    "proto": lambda received: rows_of(received.few()),
    "invocation": lambda result: _returned(result.value) if isinstance(result, Result) else None,
}
"""By the kind of a payload; any other holds decoded JSON or text."""
