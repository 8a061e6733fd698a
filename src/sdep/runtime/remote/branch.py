"""The branch in a router's answer, in all the ways in which v1 reads one."""

from __future__ import annotations

import math
from typing import Any


def branch_of(body: object) -> int | None:
    """`data.ndarray` as [[1]] or [1], `data.tensor.values`, or a bare list; None where there is no whole number."""
    found: Any = body
    if isinstance(found, dict):
        data = found.get("data") or {}
        tensor = data.get("tensor") or {} if isinstance(data, dict) else {}
        found = tensor.get("values") if tensor else data.get("ndarray") if isinstance(data, dict) else None
    while isinstance(found, list):
        found = found[0] if found else None
    if (
        isinstance(found, bool)
        or not isinstance(found, (int, float))
        or not math.isfinite(found)
        or found != int(found)
    ):
        return None
    return int(found)
