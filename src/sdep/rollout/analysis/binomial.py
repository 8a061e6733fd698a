"""How likely each number of hits is."""

from __future__ import annotations

import math
from itertools import accumulate

_WIDEST = 6.0
"""Standard deviations: further out than that is nothing that counts."""
Chances = tuple[int, list[float]]
"""A number of hits, and the chances of it and of each number from there on."""


def binomial(trials: int, rate: float) -> Chances:
    """The chances of all numbers of hits that have one worth counting."""
    if rate <= 0 or rate >= 1:
        return (0 if rate <= 0 else trials), [1.0]
    middle, width = trials * rate, _WIDEST * math.sqrt(trials * rate * (1 - rate)) + _WIDEST
    first, last = max(0, math.floor(middle - width)), min(trials, math.ceil(middle + width))
    odds, mode = rate / (1 - rate), min(last, max(first, math.floor(middle)))
    top = math.exp(_log_chance(trials, mode, rate))
    up = accumulate(range(mode, last), lambda chance, k: chance * (trials - k) / (k + 1) * odds, initial=top)
    down = accumulate(range(mode, first, -1), lambda chance, k: chance * k / ((trials - k + 1) * odds), initial=top)
    return first, [*list(down)[:0:-1], *up]


def _log_chance(trials: int, hits: int, rate: float) -> float:
    ways = math.lgamma(trials + 1) - math.lgamma(hits + 1) - math.lgamma(trials - hits + 1)
    return ways + hits * math.log(rate) + (trials - hits) * math.log1p(-rate)
