"""The population stability index of two distributions of numbers: how unlike their shares of ten bins are."""

from __future__ import annotations

import math

from sdep.evidence.histogram import Histogram
from sdep.rollout.analysis.bins import binned
from sdep.rollout.analysis.interval import Interval, Risk
from sdep.rollout.analysis.kolmogorov_smirnov import least_distance
from sdep.rollout.analysis.proportions import Share, averaged, greatest_difference, greatest_log_ratio

_FLOOR = 1e-4
"""Added to each share, so that an empty bin adds much and not everything."""


def population_stability(stable: Histogram, canary: Histogram, risk: Risk) -> Interval:
    """The sum of (q - p) log(q / p) over the bins (Siddiqi, Credit Risk Scorecards, 2006): Jeffreys' divergence.

    `high` adds up the most that each bin can add, all bins sharing the chance of an error. Whether the distributions differ at all is
    told by Kolmogorov and Smirnov's distance D, and `low` is 4 D²: by Pinsker's inequality, either way, the divergence before
    binning is no less.
    """
    bins = binned(stable, canary)
    arms = [(Share(one, stable.total), Share(other, canary.total)) for one, other in bins.counts]
    estimate = sum(_added(one.rate, other.rate) for one, other in arms)
    alpha = risk.passed * bins.part
    apart = least_distance(stable, canary, risk.worse)
    return Interval(
        estimate,
        low=min(4 * apart * apart, estimate),
        high=max(estimate, sum(_most(one, other, alpha) for one, other in arms)),
        differs=apart > 0,
    )


def _added(share: float, other: float) -> float:
    return (other - share) * math.log((other + _FLOOR) / (share + _FLOOR))


def _most(stable: Share, canary: Share, alpha: float) -> float:
    """What a bin adds at most, whichever share is the greater."""
    least = averaged(stable, canary) + math.log(alpha)
    return max(_rising(stable, canary, least), _rising(canary, stable, least))


def _rising(falling: Share, rising: Share, least: float) -> float:
    """What it adds at most where the second share is the greater: each factor at its greatest."""
    more = greatest_difference(falling, rising, least)
    if more <= 0:
        return 0.0
    ratio = min(greatest_log_ratio(falling, rising, least), math.log1p(more / _FLOOR))
    return more * max(0.0, ratio)
