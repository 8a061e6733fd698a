"""Values of MLflow's nested types (array, object, map): whole numbers become doubles where the signature has doubles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

_REAL = frozenset({"double", "float"})


def nested(values: np.ndarray[Any, Any], spec: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    """`spec` is the column's entry in the signature. What does not fit it is left for MLflow to refuse."""
    made = np.empty(len(values), dtype=object)
    for index, value in enumerate(values):
        made[index] = _fitted(value, spec)
    return made


def _fitted(value: Any, spec: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever JSON holds
    kind = spec.get("type")
    if kind in _REAL and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind == "array" and isinstance(value, (list, np.ndarray)):
        return [_fitted(item, spec["items"]) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {key: _fitted(item, spec["values"]) for key, item in value.items()}
    if kind == "object" and isinstance(value, dict):
        known = spec["properties"]
        return {key: _fitted(item, known.get(key, {})) for key, item in value.items()}
    return value
