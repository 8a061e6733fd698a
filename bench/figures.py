"""Measured times, reduced to what a reader compares."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """Seconds of each of several like things.

    `last` is when the last was done, counted from the start of all; NaN where they were done one by one, with pauses.
    """

    each: tuple[float, ...]
    last: float = math.nan

    @property
    def median(self) -> float:
        return statistics.median(self.each)

    @property
    def p99(self) -> float:
        return percentile(self.each, 99)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]
