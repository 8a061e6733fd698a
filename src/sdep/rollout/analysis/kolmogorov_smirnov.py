"""Kolmogorov and Smirnov's distance of two distributions of numbers, with bounds that hold at every look."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

from sdep.evidence.histogram import Histogram
from sdep.rollout.analysis.bands import band, bands_once
from sdep.rollout.analysis.bernoulli import around, evidence_against, log_likelihood, log_mixture, log_mixtures
from sdep.rollout.analysis.few import FEW, PART, as_classes
from sdep.rollout.analysis.hypergeometric import as_many
from sdep.rollout.analysis.interval import Interval, Risk
from sdep.rollout.analysis.proportions import Share, difference

LEVELS = (0.5, 0.25, 0.75, 0.1, 0.9, 0.05, 0.95)
"""Quantiles at which the distributions are held against each other, those that tell most first."""
_HALVINGS = 10
_FINENESS = 4
"""Steps along the curve in a standard deviation: a quarter hides less than 0.02 of evidence."""

Point = tuple[float, float]
"""So many of the stable predictor's values and so many of the canary's lie below some threshold."""


def kolmogorov_smirnov(stable: Histogram, canary: Histogram, risk: Risk) -> Interval:
    """As a fraction: the greatest difference of the two shares of values up to some threshold."""
    curve, early = _curve(stable, canary), risk.early
    n, m = curve[-1]
    estimate = _greatest(curve)
    high = min(1.0, estimate + band(n, early.passed / 2) + band(m, early.passed / 2))
    found = Interval(estimate, _least(curve, early.worse, few=as_classes(stable, canary) is not None), high)
    if risk.last is None:
        return found
    found = found.narrowed(-math.inf, estimate + bands_once(int(n), int(m), risk.last.passed))
    return found.known(found.worse or _unlike_once(curve, risk.last.worse))


def _unlike_once(curve: list[Point], alpha: float) -> bool:
    """Whether either has too many of the values up to some level of both together, which is any arm's by chance were they alike."""
    n, m = int(curve[-1][0]), int(curve[-1][1])
    each = alpha / (2 * len(LEVELS))
    for level in LEVELS:
        below, beside = curve[bisect_left(curve, level * (n + m), lo=1, key=sum)]
        one, other = Share(below, n), Share(beside, m)
        if min(as_many(one, other), as_many(other, one)) <= each:
            return True
    return False


def least_distance(stable: Histogram, canary: Histogram, alpha: float) -> float:
    """The least that the distance can be, at all looks but for a chance of `alpha`: 0 where both may be distributed alike."""
    return _least(_curve(stable, canary), alpha, few=as_classes(stable, canary) is not None)


def _least(curve: list[Point], alpha: float, *, few: bool) -> float:
    if few:
        return _of_cuts(curve, alpha * PART)
    estimate, low = _greatest(curve), 0.0
    for level in LEVELS:
        low = _Level(curve, level, alpha * (1 - PART) / len(LEVELS), estimate).raised(low)
    return low


def _of_cuts(curve: list[Point], alpha: float) -> float:
    """Where values are few, the difference at the threshold where it is greatest; all thresholds share `alpha`."""
    n, m = curve[-1]
    below, beside = max(curve, key=lambda point: abs(point[0] / n - point[1] / m))
    one = Share(int(below), int(n)), Share(int(beside), int(m))
    rising = one if one[1].rate >= one[0].rate else one[::-1]
    return max(0.0, difference(*rising, Risk(alpha / (FEW - 1), 1)).low)


def _greatest(curve: list[Point]) -> float:
    n, m = curve[-1]
    return max(abs(below / n - beside / m) for below, beside in curve)


def _curve(stable: Histogram, canary: Histogram) -> list[Point]:
    """The counts of both up to each value, at the digits of the coarser: what is tied becomes a straight line."""
    digits = min(stable.digits, canary.digits)
    one, other = stable.coarser(digits).counts, canary.coarser(digits).counts
    points, below, beside = [(0, 0)], 0, 0
    for value in sorted({*one, *other}):
        below += one.get(value, 0)
        beside += other.get(value, 0)
        points.append((below, beside))
    return list[Point](points)


class _Level:
    """What the counts around the stable predictor's quantile of one level say of the distance, which is thought to be `most` at most.

    Some point of the curve is that quantile, where the stable predictor's true share is the level and the canary's is off by the distance
    at most. A distance is refuted where at every point the two arms together speak against that (`bernoulli.py`).
    """

    def __init__(self, curve: list[Point], level: float, alpha: float, most: float) -> None:
        self._curve, self._level, self._most = curve, level, most
        self._n, self._m = curve[-1]
        self._prior = around(level)
        self._against = evidence_against(level, int(self._n))
        self._averaged = log_mixtures(self._m, self._prior)
        self._budget = math.log(1 / alpha)

    def raised(self, low: float) -> float:
        """The greatest distance that is refuted at every point, `low` where that is not.

        The likeliest point is asked first: mostly it stands, and the others need not be asked.
        """
        if not (self._refuted(low, self._pooled) and all(self._refuted(low, point) for point in self._points)):
            return low
        found = self._most
        for point in (self._pooled, *self._points):
            found = found if self._refuted(found, point) else self._halved(low, found, point)
        return found

    def _halved(self, low: float, high: float, point: _Weighed) -> float:
        """The greatest distance that is refuted at one point, between one that is and one that is not."""
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            if self._refuted(middle, point):
                low = middle
            else:
                high = middle
        return low

    def _refuted(self, apart: float, point: _Weighed) -> bool:
        """Asked thousands of times for two distributions that differ, so `log_likelihood` is written out."""
        beside, share, refuting = point
        least, most = self._level - apart, self._level + apart
        nearest = least if share < least else min(share, most)
        if 0 < nearest < 1:
            return beside * math.log(nearest) + (self._m - beside) * math.log1p(-nearest) <= refuting
        return log_likelihood(beside, self._m, nearest) <= refuting

    @cached_property
    def _pooled(self) -> _Weighed:
        wanted = self._level * (self._n + self._m)
        end = bisect_left(self._curve, wanted, lo=1, key=sum)
        (below, beside), (then, there) = self._curve[end - 1 : end + 1]
        part = (wanted - below - beside) / (then + there - below - beside)
        return self._weighed((below + part * (then - below), beside + part * (there - beside)))

    @cached_property
    def _points(self) -> list[_Weighed]:
        level, most, m = self._level, self._most, self._m
        shares = max(0.0, level - most), level, min(1.0, level + most)
        budget = self._budget + max(_regret(share * m, m, self._prior) for share in shares)
        near = _near(self._curve, level, lambda below: self._against(below) < budget)
        return [self._weighed(point) for point in near]

    def _weighed(self, point: Point) -> _Weighed:
        below, beside = point
        return _Weighed(beside, beside / self._m, self._averaged(beside) - self._budget + self._against(below))


class _Weighed(NamedTuple):
    """A point of the curve: the canary's count and share, and the greatest likelihood of the canary's that refutes the point."""

    beside: float
    share: float
    refuting: float


def _regret(hits: float, trials: float, prior: tuple[float, float]) -> float:
    """What the mixture lacks to the greatest likelihood."""
    return log_likelihood(hits, trials, hits / trials) - log_mixture(hits, trials, prior)


def _near(curve: list[Point], level: float, likely: Callable[[float], bool]) -> Iterator[Point]:
    """The stretch of the curve where the quantile can lie, in small steps."""
    n, m = curve[-1]
    least, most = _edge(level * n, 0.0, likely), _edge(level * n, n, likely)
    steps = _FINENESS / math.sqrt(n * level * (1 - level)), _FINENESS / math.sqrt(m * level * (1 - level))
    start = max(1, bisect_left(curve, (least, -1.0)))
    for (below, beside), (then, there) in zip(curve[start - 1 :], curve[start:], strict=False):
        if below > most:
            return
        parts = math.ceil(max((then - below) * steps[0], (there - beside) * steps[1]))
        for part in range(parts + 1):
            at = below + (then - below) * part / parts
            if least <= at <= most:
                yield at, beside + (there - beside) * part / parts


def _edge(inside: float, outside: float, likely: Callable[[float], bool]) -> float:
    """Where between the two it stops to be likely; `outside` where it never does."""
    if likely(outside):
        return outside
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if likely(middle) else (inside, middle)
    return outside
