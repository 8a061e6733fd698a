"""How sure one can be of pairs, however often one looks.

Pairs are taken as independent. The martingales are those of `rollout/analysis/bernoulli.py`, by which canaries are judged too.
"""

from __future__ import annotations

import math

from sdep.api.comparison import Bounded
from sdep.rollout.analysis.bernoulli import ANY, RARE, log_likelihood, log_mixture

ALPHA = 0.05
"""The chance that what is said of one comparison is ever wrong."""
_HALVINGS = 30


def share(hits: float, trials: int) -> Bounded | None:
    """The mean of `trials` values between 0 and 1 whose sum is `hits`; None of none.

    Values between are allowed: the likelihood ratio is convex in each value, so that its expectation is at most that of a coin
    with the same mean, which is 1 (the argument of Hoeffding, 1963). The bounds are where it reaches 1/ALPHA (Robbins 1970). What is
    rare is what does not agree: the prior that knows of rare rates is for that.
    """
    if not trials:
        return None
    misses, estimate = max(0.0, trials - hits), min(1.0, hits / trials)
    least = _log_mixture_of_both(misses, trials) + math.log(ALPHA)
    missed = 1 - estimate
    low, high = _edge(misses, trials, least, missed, 0.0), _edge(misses, trials, least, missed, 1.0)
    return Bounded(estimate=_told(estimate), low=_told(1 - high), high=_told(1 - low))


def sign_test(more: int, less: int) -> float:
    """The p-value, at every look, of "neither is more likely" among pairs that differ: McNemar's test (1947), as a mixture.

    One through the likelihood of these pairs, averaged over Jeffreys' prior and divided by that of a fair coin.
    """
    differing = more + less
    against = log_mixture(more, differing, ANY) - log_likelihood(more, differing, 0.5)
    return float(f"{math.exp(min(0.0, -against)):.3g}")


def _log_mixture_of_both(hits: float, trials: int) -> float:
    """Half of the prior prefers no rate, and half of it rare ones."""
    both = log_mixture(hits, trials, ANY), log_mixture(hits, trials, RARE)
    return max(both) + math.log1p(math.exp(-abs(both[0] - both[1]))) - math.log(2)


def _edge(hits: float, trials: int, least: float, inside: float, outside: float) -> float:
    """How far from `inside` towards `outside` the log likelihood is above `least`."""
    if log_likelihood(hits, trials, outside) >= least:
        return outside
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if log_likelihood(hits, trials, middle) >= least:
            inside = middle
        else:
            outside = middle
    return outside


def _told(part: float) -> float:
    return round(part, 6)
