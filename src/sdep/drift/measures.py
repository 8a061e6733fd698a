"""How far apart two rows of counts in the same bins are: tests with their chance, and sizes of the effect."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from sdep.drift.tails import chi_square, kolmogorov

Bins = Sequence[int]


def greatest_difference(reference: Bins, seen: Bins) -> float:
    """Kolmogorov and Smirnov's distance, at the edges of the bins: the greatest difference of the shares up to some value."""
    n, m = sum(reference), sum(seen)
    below = zip(itertools.accumulate(reference), itertools.accumulate(seen), strict=True)
    return max(abs(one / n - other / m) for one, other in below)


def total_variation(reference: Bins, seen: Bins) -> float:
    """Which share of the values is in other bins than before."""
    n, m = sum(reference), sum(seen)
    return sum(abs(one / n - other / m) for one, other in zip(reference, seen, strict=True)) / 2


def population_stability(reference: Bins, seen: Bins) -> float:
    """The population stability index: the sum of (q - p) ln(q / p), Jeffreys' divergence (Siddiqi, Credit Risk Scorecards, 2006).

    Half a value is added to each bin, so that an empty one is not infinitely far.
    """
    n, m = sum(reference) + len(reference) / 2, sum(seen) + len(seen) / 2
    shares = [((one + 0.5) / n, (other + 0.5) / m) for one, other in zip(reference, seen, strict=True)]
    return sum((other - one) * math.log(other / one) for one, other in shares)


def kolmogorov_smirnov(reference: Bins, seen: Bins) -> float:
    """The p value of the distance."""
    return kolmogorov(greatest_difference(reference, seen), sum(reference), sum(seen))


def homogeneity(reference: Bins, seen: Bins) -> float:
    """The p value of Pearson's chi-square test that both are samples of one distribution; bins with nothing in them have no part."""
    n, m = sum(reference), sum(seen)
    statistic, used = 0.0, 0
    for one, other in zip(reference, seen, strict=True):
        if one + other:
            used += 1
            statistic += (one * math.sqrt(m / n) - other * math.sqrt(n / m)) ** 2 / (one + other)
    return chi_square(statistic, used - 1)


def wilson_low(hits: int, trials: int, deviations: float) -> float:
    """The lower end of Wilson's interval of a share (1927)."""
    share, square = hits / trials, deviations**2
    middle = share + square / (2 * trials)
    spread = deviations * math.sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    return max(0.0, (middle - spread) / (1 + square / trials))
