"""A histogram in order, with how many values lie at or below each."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from sdep.evidence.histogram import Histogram


@dataclass(frozen=True)
class Ordered:
    """`upto[i]` counts the values that are at most `values[i]`; those of them that are not at most `values[i - 1]` exceed `floors[i]`.

    Where values were counted in buckets a floor is the lower edge of one, else it is the value itself.
    """

    values: list[float]
    upto: list[int]
    floors: list[float]

    @property
    def total(self) -> int:
        return self.upto[-1]

    def smallest(self, rank: int) -> float:
        """The value of this rank, the least being of rank 1."""
        return self.values[bisect_left(self.upto, rank)]

    @property
    def bucketed(self) -> bool:
        return self.floors is not self.values

    def least(self, rank: int) -> float:
        """What the value of this rank is at least."""
        return self.floors[bisect_left(self.upto, rank)]

    def quantile(self, share: float) -> float:
        """The smallest value that at least this share of all do not exceed; within a bucket on a straight line, as Prometheus has it."""
        place = bisect_left(self.upto, max(1, math.ceil(share * self.total)))
        value, floor = self.values[place], self.floors[place]
        if value == floor or math.isinf(value):
            return floor
        before = self.upto[place - 1] if place else 0
        return floor + (value - floor) * max(0.0, share * self.total - before) / (self.upto[place] - before)


def ordered(histogram: Histogram, edges: Sequence[float] = ()) -> Ordered:
    """Of a histogram that is not empty. With `edges`, upper ones and sorted, its values are those of buckets."""
    values = sorted(histogram.counts)
    floors = [_below(value, edges) for value in values] if edges else values
    return Ordered(values, list(itertools.accumulate(histogram.counts[value] for value in values)), floors)


def _below(value: float, edges: Sequence[float]) -> float:
    place = bisect_left(edges, value)
    return edges[place - 1] if place else 0.0
