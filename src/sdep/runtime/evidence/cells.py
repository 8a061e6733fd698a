"""What one value of an answer says: a label, a number, or nothing."""

from __future__ import annotations

import math

import numpy as np


def label_of(cell: object) -> str | None:
    if type(cell) is str:
        return cell
    if isinstance(cell, (bool, np.bool_)):
        return "true" if cell else "false"
    return str(cell) if isinstance(cell, str) else None


def number_of(cell: object) -> float | None:
    if type(cell) is not float:
        if isinstance(cell, bool) or not isinstance(cell, (int, float, np.integer, np.floating)):
            return None
        try:
            cell = float(cell)
        except OverflowError:  # an integer that no double holds
            return None
    return cell if math.isfinite(cell) else None
