"""Where a quantile may lie, told by one look that was fixed before.

How many of a distribution's values do not exceed its true quantile is binomial, whatever the distribution: so of two arms it is known
beforehand how often both numbers together are how far off, and the bound on that is exact.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate
from typing import Literal

from sdep.rollout.analysis.bernoulli import log_likelihood
from sdep.rollout.analysis.binomial import binomial

_HALVINGS = 24
Against = Callable[[float], float]
Side = Literal["more", "fewer"]


def against(quantile: float, trials: int, harmful: Side) -> Against:
    """The logarithm of the likelihood ratio by which too many, or too few, hits speak against a quantile; the other way nothing does."""
    sign = 1 if harmful == "more" else -1

    def of(hits: float) -> float:
        if sign * (hits - quantile * trials) <= 0:
            return 0.0
        return log_likelihood(hits, trials, hits / trials) - log_likelihood(hits, trials, quantile)

    return of


@lru_cache(maxsize=256)
def critical(quantile: float, below: int, above: int, alpha: float) -> float:
    """What too many hits of `below` and too few of `above` trials speak by, together, with a chance of `alpha` at most."""
    one, other = _chances(quantile, below, "more"), _chances(quantile, above, "fewer")
    logs = [log for log, _ in other]
    rest = [*reversed(list(accumulate(chance for _, chance in reversed(other)))), 0.0]
    low, high = 0.0, 2 * math.log(4 / alpha)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        chance = sum(part * rest[bisect_left(logs, middle - log)] for log, part in one)
        low, high = (middle, high) if chance > alpha else (low, middle)
    return high


def _chances(quantile: float, trials: int, harmful: Side) -> list[tuple[float, float]]:
    """By how much numbers of hits speak, the least first, and their chances."""
    first, chances = binomial(trials, quantile)
    speaks = against(quantile, trials, harmful)
    return sorted((speaks(hits), chance) for hits, chance in enumerate(chances, first))
