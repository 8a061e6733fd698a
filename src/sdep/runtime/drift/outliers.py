"""How odd a row is beside the reference data: as odd as the oddest of its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    Array = np.ndarray[Any, Any]

NAME = "score"
LEVELS = (0.5, 0.9, 0.99)
"""Where scores are parted: a row in the last bin is an outlier, as one in a hundred of the reference data is."""
_TO_DEVIATIONS = 0.6745
"""The median absolute deviation of a normal distribution, in its standard deviations."""
_MEAN_TO_DEVIATIONS = 0.7979
"""Its mean absolute deviation, likewise: for columns of which more than half are one value."""


class Scorer:
    """Iglewicz and Hoaglin's modified z-score, 0.6745 |x - median| / MAD (How to Detect and Handle Outliers, 1993), the greatest of a row.

    Where the MAD is 0 the mean absolute deviation stands in for it, as they say; a feature that never varies has no score.
    """

    def __init__(self, columns: Sequence[Array]) -> None:
        """`columns` are those of the reference data; text has no part in the score."""
        self._scales = [
            (place, *scale) for place, column in enumerate(columns) if (scale := _scale(column)) is not None
        ]

    @property
    def scores_any(self) -> bool:
        return bool(self._scales)

    def scores(self, columns: Sequence[Array]) -> Array:
        """One number a row, NaN where no number is there."""
        each = [np.abs(columns[place] - median) / spread for place, median, spread in self._scales]
        found: Array = np.fmax.reduce(each)
        return found


def _scale(column: Array) -> tuple[float, float] | None:
    values = column[np.isfinite(column)] if column.dtype.kind == "f" else np.array([])
    if not len(values):
        return None
    median = float(np.median(values))
    off = np.abs(values - median)
    spread = float(np.median(off)) / _TO_DEVIATIONS or float(np.mean(off)) / _MEAN_TO_DEVIATIONS
    return (median, spread) if spread else None
