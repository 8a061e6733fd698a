"""A histogram in order, with how many values lie at or below each."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from dataclasses import dataclass

from sdep.evidence.histogram import Histogram


@dataclass(frozen=True)
class Ordered:
    """`upto[i]` counts the values that are at most `values[i]`."""

    values: list[float]
    upto: list[int]

    @property
    def total(self) -> int:
        return self.upto[-1]

    def smallest(self, rank: int) -> float:
        """The value of this rank, the least being of rank 1."""
        return self.values[bisect_left(self.upto, rank)]

    def quantile(self, share: float) -> float:
        """The smallest value that at least this share of all do not exceed."""
        return self.smallest(max(1, math.ceil(share * self.total)))


def ordered(histogram: Histogram) -> Ordered:
    """Of a histogram that is not empty."""
    values = sorted(histogram.counts)
    return Ordered(values, list(itertools.accumulate(histogram.counts[value] for value in values)))
