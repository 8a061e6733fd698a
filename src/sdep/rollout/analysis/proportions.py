"""By how much two rates differ, with bounds that hold at every look."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from sdep.rollout.analysis.bernoulli import log_likelihood, log_mixture_of_rates
from sdep.rollout.analysis.interval import Interval, Risk

_HALVINGS = 14
_DEAREST = 1e15
"""A price beyond which nothing changes."""
_Likelihood = Callable[[float], float]
"""The logarithm of a likelihood, by the price. Made once for a pair of shares, and written out: an analysis asks for hundreds."""


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
    known = averaged(stable, canary)
    return Interval(
        estimate=canary.rate - stable.rate,
        low=-greatest_difference(canary, stable, known + math.log(risk.worse)),
        high=greatest_difference(stable, canary, known + math.log(risk.passed)),
    )


def averaged(stable: Share, canary: Share) -> float:
    """The logarithm of the likelihood, averaged over priors: with that of alpha it is the least that rates in the set have."""
    return log_mixture_of_rates((stable.hits, stable.trials), (canary.hits, canary.trials))


def greatest_difference(falling: Share, rising: Share, least: float) -> float:
    """The greatest `rising - falling` of rates whose log likelihood is at least `least`.

    At the optimum a step of either rate costs the same likelihood (Lagrange): for each such price the rates are roots of quadratics, and
    the likelihood falls with the price, so that halving finds it.
    """
    likelihood_at = _of_difference(falling, rising)
    low, high = 0.0, math.sqrt(falling.trials + rising.trials)
    while likelihood_at(high) > least and high < _DEAREST:
        low, high = high, 4 * high
    price = _price(likelihood_at, low, high, least)
    return _risen(rising, price) - _fallen(falling, price)


def greatest_log_ratio(falling: Share, rising: Share, least: float) -> float:
    """The logarithm of the greatest `rising / falling` of such rates; infinite where the lower may be 0.

    As for the difference each price of likelihood has one pair of rates, here (hits + price) / (trials + price) and (hits - price) /
    (trials - price).
    """
    likelihood_at = _of_ratio(falling, rising)
    dearest = float(falling.hits)
    if likelihood_at(dearest) > least:
        return math.inf
    price = _price(likelihood_at, 0.0, dearest, least)
    if price >= dearest:
        return math.inf
    return math.log(_raised(rising, price) / _lessened(falling, price))


def _price(likelihood_at: _Likelihood, low: float, high: float, least: float) -> float:
    """Where the likelihood has fallen to `least`, from above: no bound is less sure."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if likelihood_at(middle) > least:
            low = middle
        else:
            high = middle
    return high


def _of_difference(falling: Share, rising: Share) -> _Likelihood:
    """The logarithm of the likelihood of both rates, by the price of the difference."""
    hits, trials, others = falling.hits, falling.trials, rising.trials
    misses, missed, raised = trials - hits, others - rising.hits, rising.hits
    sqrt, log, log1p = math.sqrt, math.log, math.log1p

    def at(price: float) -> float:
        total, beside = trials + price, others + price
        inside, there = total * total - 4 * price * hits, beside * beside - 4 * price * missed
        fallen = 2 * hits / (total + (sqrt(inside) if inside > 0 else 0.0))
        risen = 1 - 2 * missed / (beside + (sqrt(there) if there > 0 else 0.0))
        if 0 < fallen < 1 and 0 < risen < 1:
            one = hits * log(fallen) + misses * log1p(-fallen)
            return one + (raised * log(risen) + missed * log1p(-risen))
        return log_likelihood(hits, trials, fallen) + log_likelihood(raised, others, risen)

    return at


def _of_ratio(falling: Share, rising: Share) -> _Likelihood:
    """The same by the price of the ratio."""
    hits, trials, raised, others = falling.hits, falling.trials, rising.hits, rising.trials
    misses, missed, log = trials - hits, others - raised, math.log

    def at(price: float) -> float:
        if not (0 <= price < hits and misses and missed):
            less, more = _lessened(falling, price), _raised(rising, price)
            return log_likelihood(hits, trials, less) + log_likelihood(raised, others, more)
        total, beside = trials - price, others + price
        one = hits * log((hits - price) / total) + misses * log(misses / total)
        return one + (raised and raised * log((raised + price) / beside)) + missed * log(missed / beside)

    return at


def _lessened(share: Share, price: float) -> float:
    return (share.hits - price) / (share.trials - price) if share.trials > price else 0.0


def _raised(share: Share, price: float) -> float:
    return (share.hits + price) / (share.trials + price)


def _fallen(share: Share, price: float) -> float:
    """The p below the rate with trials * (rate - p) = price * p * (1 - p)."""
    total = price + share.trials
    return 2 * share.hits / (total + math.sqrt(max(0.0, total * total - 4 * price * share.hits)))


def _risen(share: Share, price: float) -> float:
    """The p above it: the same of what is missed."""
    return 1 - _fallen(Share(share.trials - share.hits, share.trials), price)
