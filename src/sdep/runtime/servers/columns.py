"""From a client's rows to the columns that a signature asks for: the right order, then the right types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.errors import BadDataError, SchemaError
from sdep.runtime.message import in_rows
from sdep.runtime.rows import cells
from sdep.runtime.servers.nested import nested

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdep.runtime.message import Payload
    from sdep.runtime.servers.signature import Column

Array = np.ndarray[Any, Any]
TABLE = 2  # axes: rows, columns


def ordered(payload: Payload, columns: Sequence[Column]) -> tuple[Array, Sequence[Column]]:
    """Put rows into signature order, and tell the columns that are there (an optional one may not be).

    Names decide when the client's are the signature's; names that are all foreign (v1 clients send `t:0`, `f0`) and
    no names at all mean that the client already has the order.
    """
    rows = _in_two_axes(payload, columns)
    known = {column.name for column in columns}.intersection(payload.names)
    if known or (payload.names and payload.kind == "invocation"):
        return _by_name(rows, payload.names, columns)
    if rows.shape[1] != len(columns):
        wanted = ", ".join(column.name for column in columns)
        raise SchemaError(f"rows hold {rows.shape[1]} values, and the model asks for {len(columns)} columns: {wanted}")
    return rows, columns


def parts(payload: Payload, columns: Sequence[Column]) -> tuple[list[Array], Sequence[Column]]:
    """One array for each column that is there, in signature order: named columns never become rows on the way."""
    if payload.kind == "columns" and any(column.name in payload.value for column in columns):
        missing = [column.name for column in columns if column.required and column.name not in payload.value]
        if missing:
            raise BadDataError(f"the request lacks columns that the model asks for: {', '.join(missing)}")
        present = [column for column in columns if column.name in payload.value]
        found = [_flat(column.name, payload.value[column.name]) for column in present]
        if len({len(values) for values in found}) > 1:
            raise BadDataError("the columns of the request differ in length")
        return found, present
    rows, ordered_columns = ordered(payload, columns)
    return [rows[:, index] for index in range(len(ordered_columns))], ordered_columns


def _flat(name: str, values: Array) -> Array:
    if not values.ndim or values.size != len(values):
        raise BadDataError(f"column '{name}' must have one value in each row, and has the shape {list(values.shape)}")
    return values.reshape(-1)


def _in_two_axes(payload: Payload, columns: Sequence[Column]) -> Array:
    """Rows where the signature says that they are: one row of names without its brackets, values that are lists themselves."""
    rows = payload.value
    if isinstance(rows, np.ndarray) and rows.ndim == 1 and len(columns) == 1:
        return rows.reshape(-1, 1)
    if isinstance(rows, np.ndarray) and rows.ndim == 1 and payload.names and len(payload.names) == rows.size:
        return rows.reshape(1, -1)
    if isinstance(rows, np.ndarray) and rows.ndim > TABLE and any(column.spec for column in columns):
        return cells(rows.tolist())
    return table(payload)


def table(payload: Payload) -> Array:
    payload = in_rows(payload)
    rows = payload.value
    if not isinstance(rows, np.ndarray):
        raise BadDataError(
            f"the model takes rows of values, and {payload.kind} holds none: send data.ndarray or data.tensor"
        )
    if rows.ndim != TABLE:
        raise BadDataError(
            f"{place(payload)} has {rows.ndim} axes, and the model takes a list of rows, like [[1, 2, 3]]"
        )
    return rows


def place(payload: Payload) -> str:
    """Where in the request the values were."""
    return f"data.{payload.kind}" if payload.kind in {"ndarray", "tensor", "tftensor"} else "the input"


def _by_name(rows: Array, names: tuple[str, ...], columns: Sequence[Column]) -> tuple[Array, Sequence[Column]]:
    if len(names) != rows.shape[1]:
        raise BadDataError(f"there are {len(names)} names for rows of {rows.shape[1]} values")
    if len(set(names)) != len(names):
        raise BadDataError("the input names a column twice")
    missing = [column.name for column in columns if column.required and column.name not in names]
    if missing:
        raise SchemaError(f"the input lacks columns that the model asks for: {', '.join(missing)}")
    present = [column for column in columns if column.name in names]
    order = [names.index(column.name) for column in present]
    return (rows if order == list(range(len(names))) else rows[:, order]), present


def typed(values: Array, column: Column) -> Array:
    """One column's values in the type its signature gives; no value changes on the way, or `BadDataError`."""
    if column.type in _NUMBERS:
        return _number(values, column)
    if column.type == "boolean":
        return _boolean(values, column)
    if column.type == "string":
        return _string(values, column)
    if column.type == "datetime":
        return _datetime(values, column)
    return values if column.spec is None else nested(values, column.spec)


_NUMBERS = {"double": np.float64, "float": np.float32, "long": np.int64, "integer": np.int32}


def _number(values: Array, column: Column) -> Array:
    """Whole numbers may stand for doubles and 2.0 for 2, but 2.5 is no long and text is no number; null is NaN."""
    if values.dtype.kind not in "iufb":
        if any(isinstance(value, (str, list)) for value in values):
            raise _mismatch(values, column)
        try:
            values = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise _mismatch(values, column) from error
    target = np.dtype(_NUMBERS[column.type])
    if target.kind == "i" and not whole(values, target):
        raise _mismatch(values, column)
    return values.astype(target)


def whole(values: Array, target: np.dtype[Any]) -> bool:
    """Whether every value is an integer within the bounds of `target`."""
    if not values.size:
        return True
    limits = np.iinfo(target)
    integral = values.dtype.kind != "f" or bool((values == np.trunc(values)).all())
    return integral and bool(values.min() >= limits.min) and bool(values.max() <= limits.max)


def _boolean(values: Array, column: Column) -> Array:
    if values.dtype.kind != "b" and not all(
        value in (0, 1) and not isinstance(value, str) for value in values.tolist()
    ):
        raise _mismatch(values, column)
    return values.astype(bool)


def _string(values: Array, column: Column) -> Array:
    if not all(value is None or isinstance(value, str) for value in values.tolist()):
        raise _mismatch(values, column)
    return values.astype(object)


def _datetime(values: Array, column: Column) -> Array:
    try:
        return np.array(values.tolist(), dtype="datetime64[ns]")
    except (TypeError, ValueError) as error:
        raise _mismatch(values, column) from error


def _mismatch(values: Array, column: Column) -> BadDataError:
    odd = next((value for value in values.tolist() if not _fits(value, column.type)), None)
    shown = "null" if odd is None else repr(odd)
    return BadDataError(f"column '{column.name}' takes {column.type}, and {shown} is none")


def _fits(value: object, type_: str) -> bool:
    if isinstance(value, bool):
        return type_ == "boolean"
    if isinstance(value, (int, float)):
        return type_ in {"double", "float"} or (type_ in {"long", "integer"} and value == value // 1)
    return isinstance(value, str) and type_ == "string"
