"""What a client asks to have explained: rows, in the protocol of the path, put into the order of the model's features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.errors import BadDataError
from sdep.runtime.message import Payload, in_rows
from sdep.runtime.openinference.rest import read_request as read_inference
from sdep.runtime.seldon.codec import decode
from sdep.runtime.servers.table_json import rows_of_json
from sdep.runtime.tensorflow.predict import read_request as read_instances

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = np.ndarray[Any, Any]

MATRIX = 2
MOST_ROWS = 1000
"""Of one request: each takes as long as many predictions."""


def of_seldon(body: object) -> Payload:
    """A SeldonMessage, or, as v1's explainer took it too, TensorFlow's `instances`."""
    if isinstance(body, dict) and "instances" in body:
        return read_instances(body).payload
    return decode(body).payload


def of_tensorflow(body: object) -> Payload:
    return read_instances(body).payload


def of_inference(body: bytes) -> tuple[Payload, str]:
    """The rows, and the request's id."""
    asked = read_inference(body).inference
    return asked.payload(), asked.id


def rows_of(payload: Payload, names: Sequence[str]) -> Array:
    """Rows with as many values as there are `names` (any number where there are none), float64 where all are numbers.

    The client's own names put the columns in order, where they are the model's; other names mean that they are in order already.
    """
    table = in_rows(rows_of_json(payload) if payload.kind == "jsonData" else payload)
    rows = table.value
    if not isinstance(rows, np.ndarray) or not rows.size:
        raise BadDataError("the request holds no rows to explain: send data.ndarray, data.tensor, instances or inputs")
    rows = rows.reshape(1, -1) if rows.ndim == 1 else rows
    if rows.ndim != MATRIX:
        raise BadDataError(f"the request has {rows.ndim} axes, and rows of features like [[1, 2, 3]] are explained")
    if len(rows) > MOST_ROWS:
        raise BadDataError(f"the request has {len(rows)} rows, and at most {MOST_ROWS} are explained at once")
    rows = _ordered(rows, table.names, names)
    if names and rows.shape[1] != len(names):
        raise BadDataError(
            f"rows hold {rows.shape[1]} values, and the model has {len(names)} features: {', '.join(names)}"
        )
    return _typed(rows)


def _ordered(rows: Array, given: Sequence[str], names: Sequence[str]) -> Array:
    if not set(given) & set(names):
        return rows
    missing = [name for name in names if name not in given]
    if missing or len(set(given)) != len(given) or len(given) != rows.shape[1]:
        lacks = f"lacks {', '.join(missing)}" if missing else "has not one name for each value"
        raise BadDataError(f"the request {lacks}: the model's features are {', '.join(names)}")
    return rows[:, [list(given).index(name) for name in names]]


def _typed(rows: Array) -> Array:
    if rows.dtype.kind in "iufb":
        return rows.astype(np.float64)
    try:
        if not any(isinstance(value, str) for value in rows.ravel()):
            return np.array([[np.nan if value is None else value for value in row] for row in rows], np.float64)
    except (TypeError, ValueError) as error:
        raise BadDataError("rows must hold numbers and text, and no lists or objects") from error
    return rows.astype(object)
