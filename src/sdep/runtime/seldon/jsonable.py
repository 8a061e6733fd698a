"""Values that models return and JSON has no word for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

_MISSING = {"NAType", "NaTType"}  # pandas' missing values, known by name so that pandas need not be there
_METHODS = (
    "tolist",  # NumPy's arrays and scalars, pandas' Series
    "isoformat",  # pandas' time stamps
    "to_dict",  # a DataFrame inside of a dictionary
)


def jsonable(value: Any) -> object:  # noqa: ANN401 - called for exactly the types orjson does not know
    """Say one such value in JSON's words; `TypeError` if there is no honest way."""
    if type(value).__name__ in _MISSING:
        return None
    if isinstance(value, (set, frozenset)):
        return list(value)
    if isinstance(value, Decimal):
        return float(value)
    for method in _METHODS:
        if hasattr(value, method):
            return getattr(value, method)()
    raise TypeError(type(value).__name__)
