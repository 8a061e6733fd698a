"""How far so many hits in so many trials speak against a probability, however often one looks.

Robbins' method of mixtures (Statistical Methods Related to the Law of the Iterated Logarithm, 1970): the likelihood of all
trials so far, averaged over a Beta prior, divided by the likelihood at the true probability, is a martingale that begins at 1.
By Ville's inequality it ever reaches 1/alpha with a chance of at most alpha, so no look costs anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

Beta = tuple[float, float]
ANY: Beta = (0.5, 0.5)
"""Jeffreys' prior: no rate is preferred."""
RARE: Beta = (0.5, 49.5)
"""One in a hundred: where the rates of healthy services lie."""
_PAIRS = 0.4, 0.4, 0.1, 0.1
"""The parts of a mixture over two rates: both any, both rare, and one of each."""


def log_likelihood(hits: float, trials: float, probability: float) -> float:
    """Of these trials in their order; minus infinity where they are impossible."""
    misses = trials - hits
    if (hits > 0 and probability <= 0) or (misses > 0 and probability >= 1):
        return -math.inf
    return (hits and hits * math.log(probability)) + (misses and misses * math.log1p(-probability))


def log_mixture(hits: float, trials: float, prior: Beta) -> float:
    """The logarithm of the likelihood of these trials, averaged over a Beta prior."""
    one, other = prior
    return _log_beta(hits + one, trials - hits + other) - _constant(prior)


def log_mixtures(trials: float, prior: Beta) -> Callable[[float], float]:
    """The same by the hits, for who asks for many of as many trials."""
    (one, other), lgamma = prior, math.lgamma
    fixed = lgamma(trials + one + other) + _constant(prior)
    return lambda hits: lgamma(hits + one) + lgamma(trials - hits + other) - fixed


def log_mixture_of_rates(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The same of two arms, each hits and trials, over both priors: mostly both rates are rare, or neither is."""
    any_one, rare_one, any_other, rare_other = (
        log_mixture(*arm, prior) for arm in (one, other) for prior in (ANY, RARE)
    )
    pairs = any_one + any_other, rare_one + rare_other, any_one + rare_other, rare_one + any_other
    most = max(pairs)
    return most + math.log(sum(part * math.exp(pair - most) for part, pair in zip(_PAIRS, pairs, strict=True)))


def around(probability: float) -> Beta:
    """A prior with this mean that is as wide as Jeffreys' on the narrower side; of one in a billion and less it is narrower."""
    scale = 0.5 / max(min(probability, 1 - probability), 1e-9)
    return scale * probability, scale * (1 - probability)


def evidence_against(probability: float, trials: int) -> Callable[[float], float]:
    """The logarithm of the evidence against `probability`, as a convex function of the hits among `trials`.

    Hits may be fractions: where a value that is tied with the threshold counts in part, a convex function of the expected count is
    at most the expectation of the martingale over all ways to break the ties.
    """
    one, other = prior = around(probability)
    fixed = _constant(prior) + math.lgamma(trials + one + other) + trials * math.log1p(-probability)
    log_odds, lgamma = math.log(probability / (1 - probability)), math.lgamma
    return lambda hits: lgamma(hits + one) + lgamma(trials - hits + other) - hits * log_odds - fixed


def _log_beta(one: float, other: float) -> float:
    return math.lgamma(one) + math.lgamma(other) - math.lgamma(one + other)


@lru_cache(maxsize=64)
def _constant(prior: Beta) -> float:
    return _log_beta(*prior)
