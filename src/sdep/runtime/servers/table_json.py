"""The ways in which a table is written in plain JSON: MLflow's scoring formats, records, columns, bare rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from sdep.runtime.errors import BadDataError
from sdep.runtime.message import Payload


def rows_of_json(payload: Payload) -> Payload:
    """Give a payload of rows where `payload.value` is a table, else `payload` unchanged. The kind stays `jsonData`."""
    value = payload.value
    if isinstance(value, dict):
        for key in ("dataframe_split", "dataframe_records", "instances", "inputs"):
            if key in value:
                return rows_of_json(payload._replace(value=value[key]))
        return _split(payload) if {"columns", "data"} <= value.keys() else _columns(payload)
    if isinstance(value, list) and value:
        return _records(payload) if isinstance(value[0], dict) else payload._replace(value=_array(value))
    return payload


def _split(payload: Payload) -> Payload:
    if not isinstance(payload.value["columns"], list):
        raise BadDataError("jsonData.columns must be a list of names")
    return payload._replace(value=_array(payload.value["data"]), names=tuple(map(str, payload.value["columns"])))


def _records(payload: Payload) -> Payload:
    names = tuple(payload.value[0])
    try:
        rows = [[record[name] for name in names] for record in payload.value]
    except (KeyError, TypeError) as error:
        raise BadDataError("jsonData: its records do not all have the same fields") from error
    return payload._replace(value=_array(rows), names=names)


def _columns(payload: Payload) -> Payload:
    """Read `{"a": [1, 2], "b": [3, 4]}`; a dictionary of anything else is left to the model."""
    columns: dict[str, Any] = payload.value
    if not columns or not all(isinstance(values, list) for values in columns.values()):
        return payload
    if len({len(values) for values in columns.values()}) > 1:
        raise BadDataError("jsonData: its columns differ in length")
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    return payload._replace(value=_array(rows), names=tuple(columns))


def _array(rows: list[Any]) -> np.ndarray[Any, Any]:
    try:
        array = np.array(rows)
    except ValueError as error:
        raise BadDataError("jsonData: its rows differ in length") from error
    return np.array(rows, dtype=object) if array.dtype.kind == "U" else array
