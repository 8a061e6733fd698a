"""By how much two rates differ at most, told by one look that was fixed before: an exact test for each difference, inverted.

A difference is refuted where a result that is as good or better was unlikely whatever the stable predictor's rate is (Chan & Zhang,
Test-based exact confidence intervals for the difference of two binomial proportions, 1999). That rate is looked for only where a
Clopper-Pearson interval has it, whose chance to be wrong is added (Berger & Boos, P values maximized over a confidence set for the
nuisance parameter, 1994). Hits whose chance changes with time are spread less than these (Hoeffding 1956).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import accumulate

from sdep.rollout.analysis.binomial import Chances, binomial
from sdep.rollout.analysis.proportions import Share

_CONFINING = 0.02
"""The part of the chance of an error that the interval of the stable predictor's rate takes."""
_RATES = 24
"""How many rates of that interval are tried: a third of a standard deviation apart, and the chance is a smooth function of them."""
_HALVINGS = 9
_WIDEST = 6.0
"""No difference is more of its standard deviations off."""


def exactly_most(stable: Share, canary: Share, alpha: float) -> float:
    """The greatest difference of the canary's rate to the stable predictor's that is not refuted.

    The true one is greater with a chance of `alpha` at most.
    """
    low = canary.rate - stable.rate
    rates = list(_likely(stable, alpha * _CONFINING / 2))
    high = min(1.0, max(low, 0.0) + _WIDEST * math.hypot(*(_deviation(arm) for arm in (stable, canary))))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _refuted(stable, canary, middle, rates, alpha * (1 - _CONFINING)):
            high = middle
        else:
            low = middle
    return high


def _deviation(arm: Share) -> float:
    rate = (arm.hits + 2) / (arm.trials + 4)
    return math.sqrt(rate * (1 - rate) / arm.trials)


def _refuted(stable: Share, canary: Share, apart: float, rates: list[float], alpha: float) -> bool:
    """Whether a result as good as this one has no more chance than `alpha` where the canary's rate is higher by `apart`."""
    if canary.rate - stable.rate >= apart:
        return False
    hits, trials, others = int(stable.hits), stable.trials, canary.trials
    pairs = [(binomial(trials, rate), binomial(others, rate + apart)) for rate in rates if rate + apart <= 1]
    if not pairs:
        return True  # no rate of the stable predictor leaves room for such a difference
    first = min(start for (start, _), _ in pairs)
    last = max(start + len(chances) for (start, chances), _ in pairs)
    most = _most_hits((hits, trials), (int(canary.hits), others), apart, range(min(first, hits), max(last, hits + 1)))
    return all(_chance(one, other, most) <= alpha for one, other in pairs)


def _chance(stable: Chances, canary: Chances, most: dict[int, int]) -> float:
    """Of the pairs of hits in which the canary has at most so many."""
    start, chances = canary
    upto = list(accumulate(chances))
    total = 0.0
    for hits, chance in enumerate(stable[1], stable[0]):
        place = min(most[hits] - start, len(upto) - 1)
        if place >= 0:
            total += chance * upto[place]
    return total


def _most_hits(stable: tuple[int, int], canary: tuple[int, int], apart: float, hits: range) -> dict[int, int]:
    """Of each number of the stable predictor's hits, the most of the canary's that are as good a result, -1 where none are."""
    (seen, n), (own, m) = stable, canary
    bound = _score(seen, n, own, m, apart) + 1e-9
    found, most = dict[int, int](), -1
    for number in hits:
        while most < m and _score(number, n, most + 1, m, apart) <= bound:
            most += 1
        found[number] = max(most, own) if number >= seen else most
    return found


def _score(hits: int, n: int, own: int, m: int, apart: float) -> float:
    """How much less than `apart` the difference is, in deviations of it were it that: in which order results are better."""
    rate = min(max(0.0, (hits + own - m * apart) / (n + m)), 1 - apart)
    other = rate + apart
    variance = rate * (1 - rate) / n + other * (1 - other) / m
    return (own / m - hits / n - apart) / math.sqrt(max(variance, 1e-12))


def _likely(arm: Share, alpha: float) -> Iterator[float]:
    """Rates of a Clopper-Pearson interval, evenly apart in units of their deviation."""
    hits, trials = int(arm.hits), arm.trials
    low = 0.0 if hits == 0 else 1 - _highest(trials - hits, trials, alpha)
    high = 1.0 if hits == trials else _highest(hits, trials, alpha)
    one, other = (math.asin(math.sqrt(rate)) for rate in (low, high))
    for place in range(_RATES):
        yield math.sin(one + (other - one) * place / (_RATES - 1)) ** 2


def _highest(hits: int, trials: int, alpha: float) -> float:
    """The rate at which so few hits have a chance of `alpha`."""
    low, high = hits / trials, 1.0
    for _ in range(30):
        rate = (low + high) / 2
        first, chances = binomial(trials, rate)
        few = sum(chances[: max(0, hits + 1 - first)])
        low, high = (rate, high) if few > alpha else (low, rate)
    return high
