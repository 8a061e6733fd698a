"""By how much two rates differ, with bounds that hold at every look."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sdep.rollout.analysis.bernoulli import log_likelihood, log_mixture_of_rates
from sdep.rollout.analysis.interval import Interval, Risk

_HALVINGS = 14
_DEAREST = 1e15
"""A price beyond which nothing changes."""


@dataclass(frozen=True)
class Share:
    """So many hits of so many. An outcome between both is a part of a hit: its likelihood is convex in it, so no bound is less sure."""

    hits: float
    trials: int

    @property
    def rate(self) -> float:
        return self.hits / self.trials


def difference(stable: Share, canary: Share, risk: Risk) -> Interval:
    """The rate of the canary minus that of the stable predictor, as fractions.

    Both rates are in the set where the likelihood of all trials, averaged over priors, is less than 1/alpha times that at the rates
    (Robbins 1970; with two arms at once, universal inference: Wasserman, Ramdas & Balakrishnan 2020). The bounds are the least and the
    greatest difference in that set. Arms are weighed together: each has not to be known by itself.
    """
    averaged = _averaged(stable, canary)
    return Interval(
        estimate=canary.rate - stable.rate,
        low=-_greatest_drop(canary, stable, averaged + math.log(risk.worse)),
        high=_greatest_drop(stable, canary, averaged + math.log(risk.passed)),
    )


def greatest_difference(stable: Share, canary: Share, alpha: float) -> float:
    """How much the rate of the canary exceeds that of the stable predictor at most, in the same set."""
    return _greatest_drop(stable, canary, _averaged(stable, canary) + math.log(alpha))


def greatest_log_ratio(stable: Share, canary: Share, alpha: float) -> float:
    """The logarithm of how many times the canary's rate may be the stable predictor's, in the same set; infinite where that may be 0.

    As for the difference each price of likelihood has one pair of rates, here (hits + price) / (trials + price) and (hits - price) /
    (trials - price).
    """
    least = _averaged(stable, canary) + math.log(alpha)
    low, high = 0.0, float(stable.hits)
    if _likelihood_at(high, stable, canary) > least:
        return math.inf
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _likelihood_at(middle, stable, canary) > least else (low, middle)
    if high >= stable.hits:
        return math.inf
    rising, falling = _moved(canary, high), _moved(stable, -high)
    return math.log(rising / falling)


def _averaged(stable: Share, canary: Share) -> float:
    return log_mixture_of_rates((stable.hits, stable.trials), (canary.hits, canary.trials))


def _moved(share: Share, price: float) -> float:
    total = share.trials + price
    return (share.hits + price) / total if total > 0 else 0.0


def _likelihood_at(price: float, falling: Share, rising: Share) -> float:
    return log_likelihood(falling.hits, falling.trials, _moved(falling, -price)) + log_likelihood(
        rising.hits, rising.trials, _moved(rising, price)
    )


def _greatest_drop(falling: Share, rising: Share, least: float) -> float:
    """The greatest `rising - falling` of rates whose log likelihood is at least `least`.

    At the optimum a step of either rate costs the same likelihood (Lagrange): for each such price the rates are roots of quadratics, and
    the likelihood falls with the price, so that halving finds it.
    """
    low, high = 0.0, math.sqrt(falling.trials + rising.trials)
    while _likelihood(falling, rising, high) > least and high < _DEAREST:
        low, high = high, 4 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _likelihood(falling, rising, middle) > least:
            low = middle
        else:
            high = middle
    return _risen(rising, high) - _fallen(falling, high)


def _likelihood(falling: Share, rising: Share, price: float) -> float:
    return log_likelihood(falling.hits, falling.trials, _fallen(falling, price)) + log_likelihood(
        rising.hits, rising.trials, _risen(rising, price)
    )


def _fallen(share: Share, price: float) -> float:
    """The p below the rate with trials * (rate - p) = price * p * (1 - p)."""
    total = price + share.trials
    return 2 * share.hits / (total + math.sqrt(max(0.0, total * total - 4 * price * share.hits)))


def _risen(share: Share, price: float) -> float:
    """The p above it: the same of what is missed."""
    return 1 - _fallen(Share(share.trials - share.hits, share.trials), price)
