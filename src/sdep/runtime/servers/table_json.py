"""The ways in which a table is written in plain JSON: MLflow's scoring formats, records, columns, bare rows."""

from __future__ import annotations

from typing import Any

from sdep.runtime.errors import BadDataError
from sdep.runtime.message import Payload
from sdep.runtime.rows import array_of_rows

WHERE = "the input"
FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")
"""MLflow's fields for the rows of a request; beside one of them, `params` are settings of the prediction."""


def values_in(value: Any) -> int:  # noqa: ANN401 - any payload's value
    """About how many values a payload holds: what it says of itself, else by the length of its first row."""
    size = getattr(value, "size", None)
    if isinstance(size, int):
        return size
    if isinstance(value, dict):
        return sum(values_in(each) for each in value.values())
    if isinstance(value, list) and value:
        return len(value) * (values_in(value[0]) if isinstance(value[0], (list, dict)) else 1)
    return len(value) if isinstance(value, (str, bytes)) else 1


def rows_of_json(payload: Payload) -> Payload:
    """Give a payload of rows where `payload.value` is a table, else `payload` unchanged. The kind stays `jsonData`."""
    value = payload.value
    if isinstance(value, dict):
        for key in FORMATS:
            if key in value:
                inner = payload._replace(value=value[key], params=_params(value))
                return _split(inner) if key == "dataframe_split" else rows_of_json(inner)
        return _split(payload) if {"columns", "data"} <= value.keys() else _columns(payload)
    if isinstance(value, list) and value:
        return _records(payload) if isinstance(value[0], dict) else payload._replace(value=array_of_rows(value, WHERE))
    return payload


def _params(body: dict[str, Any]) -> dict[str, Any]:
    params = body.get("params") or {}
    if not isinstance(params, dict):
        raise BadDataError("params must be an object")
    return params


def _split(payload: Payload) -> Payload:
    """Columns may be left out: the rows are then in the model's order."""
    table = payload.value
    if not isinstance(table, dict) or not isinstance(table.get("data"), list):
        raise BadDataError("dataframe_split must be an object with the lists columns and data")
    names = table.get("columns") or []
    if not isinstance(names, list):
        raise BadDataError("the input: its columns must be a list of names")
    return payload._replace(value=array_of_rows(table["data"], WHERE), names=tuple(map(str, names)))


def _records(payload: Payload) -> Payload:
    names = tuple(payload.value[0])
    try:
        rows = [[record[name] for name in names] for record in payload.value]
    except (KeyError, TypeError) as error:
        raise BadDataError("the input: its records do not all have the same fields") from error
    return payload._replace(value=array_of_rows(rows, WHERE), names=names)


def _columns(payload: Payload) -> Payload:
    """Read `{"a": [1, 2], "b": [3, 4]}`; a dictionary of anything else is left to the model."""
    columns: dict[str, Any] = payload.value
    if not columns or not all(isinstance(values, list) for values in columns.values()):
        return payload
    if len({len(values) for values in columns.values()}) > 1:
        raise BadDataError("the input: its columns differ in length")
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    return payload._replace(value=array_of_rows(rows, WHERE), names=tuple(columns))
