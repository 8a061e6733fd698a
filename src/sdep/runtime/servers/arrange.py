"""From a payload to what a model's own `predict` takes, by its signature: a matrix, a DataFrame, a tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.errors import BadDataError
from sdep.runtime.message import Payload, in_rows
from sdep.runtime.rows import array_of_rows
from sdep.runtime.servers.columns import ordered, parts, place, table, typed, whole
from sdep.runtime.servers.table_json import FORMATS, rows_of_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from sdep.runtime.servers.signature import Column, Signature, Tensor

Array = np.ndarray[Any, Any]


def with_rows(payload: Payload) -> Payload:
    """Read a table that is written as JSON; anything else stays what it is."""
    if payload.kind == "jsonData":
        return rows_of_json(payload)
    if payload.kind == "invocation":
        table: Payload = payload.value.table()
        return table
    return payload


def matrix(payload: Payload, columns: Sequence[Column], dtype: np.dtype[Any]) -> Array:
    """All columns as one array of `dtype`; only for signatures that `matrix_type` accepts.

    Column-major, like a DataFrame's values: sums then round alike, and answers equal MLflow's to the last bit.
    """
    if payload.kind == "columns":
        found, present = parts(payload, columns)
        _all_there(present, columns)
        return np.column_stack([typed(*each) for each in zip(found, columns, strict=True)]).astype(
            dtype, order="F", copy=False
        )
    rows, present = ordered(payload, columns)
    _all_there(present, columns)
    if rows.dtype.kind in "iu" or (rows.dtype.kind == "f" and dtype.kind == "f" and not _any_whole(columns)):
        return rows.astype(dtype, order="F", copy=False)
    stacked = [typed(rows[:, index], column) for index, column in enumerate(columns)]
    return np.column_stack(stacked).astype(dtype, order="F", copy=False)


def _all_there(present: Sequence[Column], columns: Sequence[Column]) -> None:
    if len(present) < len(columns):
        raise BadDataError("an optional column must be sent as null")


def _any_whole(columns: Sequence[Column]) -> bool:
    return any(column.type in {"long", "integer"} for column in columns)


def matrix_type(columns: Sequence[Column]) -> np.dtype[Any] | None:
    """Type in which an array holds all columns just as a DataFrame's estimator would see them, or None."""
    types = {column.type for column in columns}
    if types == {"float"}:
        return np.dtype(np.float32)
    if types <= {"long"} and types:
        return np.dtype(np.int64)
    if types <= {"double", "long", "integer"} and "double" in types:
        return np.dtype(np.float64)
    return None


def frame(payload: Payload, columns: Sequence[Column]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - half a second that an array model never pays

    found, present = parts(payload, columns)
    data = {column.name: _series(typed(values, column), column) for values, column in zip(found, present, strict=True)}
    made = pd.DataFrame(data, columns=[column.name for column in present])
    return made.infer_objects() if any(column.type == "any" for column in present) else made


def _series(values: Array, column: Column) -> object:
    """Text as a list: pandas then chooses the type that it has for text, which a frame of the client's own has too."""
    return values.tolist() if column.type == "string" else values


def tensor(payload: Payload, wanted: Tensor) -> Array:
    """Cast to the signature's type; the axes must fit where the signature fixes their length."""
    array = bare(payload)
    if not isinstance(array, np.ndarray):
        raise BadDataError(f"the model takes a tensor, and {payload.kind} holds none: send data.ndarray or data.tensor")
    fits = array.ndim == len(wanted.shape) and all(
        asked in (-1, given) for asked, given in zip(wanted.shape, array.shape, strict=True)
    )
    if not fits:
        raise BadDataError(f"{place(payload)} has shape {list(array.shape)}, and the model takes {list(wanted.shape)}")
    return _cast(array, np.dtype(wanted.dtype))


def bare(payload: Payload) -> Any:  # noqa: ANN401 - whatever was sent
    """The array of a model that has no columns: the only tensor as it came, or rows of several."""
    if payload.kind != "columns":
        return payload.value
    return next(iter(payload.value.values())) if len(payload.value) == 1 else in_rows(payload).value


def _tensors(payload: Payload, wanted: Sequence[Tensor]) -> dict[str, Array]:
    missing = [each.name for each in wanted if each.name not in payload.value]
    if missing:
        raise BadDataError(f"the request lacks tensors that the model asks for: {', '.join(missing)}")
    return {each.name: tensor(Payload(payload.value[each.name], "tensor"), each) for each in wanted}


def _cast(array: Array, dtype: np.dtype[Any]) -> Array:
    if dtype.kind in "iu" and (array.dtype.kind not in "iuf" or not whole(array, dtype)):
        raise BadDataError(f"the model takes {dtype}, and data holds values that are not")
    try:
        return array.astype(dtype, copy=False)
    except (TypeError, ValueError) as error:
        raise BadDataError(f"the model takes {dtype}, and data holds values that are not") from error


def model_input(payload: Payload, signature: Signature, *, as_frame: bool) -> object:
    """Argument of a pyfunc's `predict`; without a signature the value as it came, or (`as_frame`) its DataFrame."""
    if signature.tensors and signature.tensors[0].name:
        return _tensors(_by_tensor(payload, signature.tensors), signature.tensors)
    if signature.columns:
        return frame(with_rows(payload), signature.columns)
    if signature.tensors:
        return tensor(with_rows(payload), signature.tensors[0])
    if payload.kind == "columns":
        return _of_columns(payload, as_frame=as_frame)
    payload = with_rows(payload) if as_frame else payload
    if as_frame and isinstance(payload.value, np.ndarray):
        return _untyped_frame(payload)
    return payload.value


def _by_tensor(payload: Payload, wanted: Sequence[Tensor]) -> Payload:
    """Named arrays: sent as such, as an object of lists, as the fields of records, or alone where only one is wanted."""
    value = payload.value
    if payload.kind == "columns":
        return payload
    if payload.kind == "jsonData":
        value = next((value[name] for name in FORMATS if isinstance(value, dict) and name in value), value)
        if isinstance(value, dict):
            return Payload({name: array_of_rows([each], name)[0] for name, each in value.items()}, "columns")
    rows = with_rows(payload._replace(value=value))
    if len(wanted) == 1 and not rows.names and isinstance(rows.value, np.ndarray):
        return Payload({wanted[0].name: rows.value}, "columns")
    columns = table(rows).T
    named = zip(rows.names or [each.name for each in wanted], columns, strict=False)
    return Payload({name: array_of_rows(column.tolist(), name) for name, column in named}, "columns")


def _of_columns(payload: Payload, *, as_frame: bool) -> object:
    """A DataFrame, but for one column alone, which is the model's array."""
    rows = in_rows(payload)
    if rows.kind == "columns" or (len(payload.value) == 1 and not as_frame):
        return bare(payload) if len(payload.value) == 1 else payload.value
    return _untyped_frame(rows)


def _untyped_frame(payload: Payload) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - as above

    try:
        return pd.DataFrame(payload.value, columns=payload.names or None).infer_objects()
    except ValueError as error:
        raise BadDataError(f"data.names does not fit the rows: {error}") from error
