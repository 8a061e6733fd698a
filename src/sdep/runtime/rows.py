"""From nested lists, as JSON has them, to an array."""

from __future__ import annotations

from typing import Any

import numpy as np

from sdep.runtime.errors import BadDataError


def array_of_rows(rows: list[Any], where: str) -> np.ndarray[Any, Any]:
    """Shape as written. A row that mixes text and numbers keeps each value's type (v1 made text of them all).

    `where` names the part of the request in the error.
    """
    try:
        array = np.array(rows)
    except ValueError as error:
        if not all(isinstance(row, list) and len(row) == len(rows[0]) for row in rows):
            raise BadDataError(f"{where} must be rectangular: its rows differ in length") from error
        return cells(rows)
    return np.array(rows, dtype=object) if array.dtype.kind == "U" else array


def cells(rows: list[list[Any]]) -> np.ndarray[Any, Any]:
    """Two axes, whatever is in a value: a list or an object too."""
    array = np.empty((len(rows), len(rows[0]) if rows else 0), dtype=object)
    for index, row in enumerate(rows):
        for column, cell in enumerate(row):
            array[index, column] = cell
    return array
