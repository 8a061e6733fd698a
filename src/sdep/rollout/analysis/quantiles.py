"""By which factor a quantile of one distribution exceeds another's: no shape is assumed, and bounds hold at every look.

The number of values below a distribution's true quantile is binomial, whatever the distribution. Pairs of numbers for which the evidence
of both arms together stays below 1/alpha contain the true pair at all times (`bernoulli.py`; the product of two independent martingales
is one). Each pair says between which two values either quantile lies: order statistics, as in Howard & Ramdas, Sequential estimation of
quantiles with applications to A/B testing and best-arm identification (2022). The bounds are the extreme ratios of all pairs. Of values
in buckets they reach from the lower edge of one to the upper edge of another. At the last look the same numbers are held against what
they are with one look (`critical.py`).
"""

from __future__ import annotations

import math
from bisect import bisect_right

from sdep.rollout.analysis.bernoulli import evidence_against
from sdep.rollout.analysis.critical import Against, against, critical
from sdep.rollout.analysis.interval import Interval, Risk
from sdep.rollout.analysis.ordered import Ordered


def ratio(stable: Ordered, canary: Ordered, quantile: float, risk: Risk) -> Interval:
    """The canary's quantile by the stable predictor's; `high` is infinite while the canary's could be any."""
    early, last = risk.early, risk.last
    found = Interval(
        estimate=point_ratio(stable, canary, quantile),
        low=least_ratio(stable, canary, quantile, early.worse),
        high=_inverse(least_ratio(canary, stable, quantile, early.passed)),
    )
    if last is None:
        return found
    low, most = least_once(stable, canary, quantile, last.worse), least_once(canary, stable, quantile, last.passed)
    return found.narrowed(low, _inverse(most))


def point_ratio(stable: Ordered, canary: Ordered, quantile: float) -> float:
    return _quotient(canary.quantile(quantile), stable.quantile(quantile))


def least_ratio(below: Ordered, above: Ordered, quantile: float, alpha: float) -> float:
    """The least ratio of the quantile of `above` to that of `below`; 0 where that of `below` may exceed all that was seen."""
    speak = evidence_against(quantile, below.total), evidence_against(quantile, above.total)
    return _least(below, above, quantile, speak, math.log(1 / alpha))


def least_once(below: Ordered, above: Ordered, quantile: float, alpha: float) -> float:
    """The same at a single look."""
    speak = against(quantile, below.total, "more"), against(quantile, above.total, "fewer")
    return _least(below, above, quantile, speak, critical(quantile, below.total, above.total, alpha))


def _least(below: Ordered, above: Ordered, quantile: float, speak: tuple[Against, Against], budget: float) -> float:
    against_below, against_above = speak
    middle_below, middle_above = (max(1, math.floor(quantile * arm.total)) for arm in (below, above))
    spent_above = against_above(quantile * above.total)
    if against_below(below.total) + spent_above < budget:
        return 0.0
    least = math.inf
    for index in range(bisect_right(below.upto, middle_below), len(below.values)):
        rank = max(below.upto[index - 1] if index else 0, middle_below)
        left = budget - against_below(rank)
        if left <= spent_above:
            break
        lowest = _least_rank(against_above, middle_above, left)
        least = min(least, _quotient(above.least(lowest), below.values[index]) if lowest else 0.0)
    return least


def _least_rank(speaks: Against, middle: int, budget: float) -> int:
    """The smallest rank up to `middle` that is less unlikely than `budget` says; the evidence falls until there."""
    low, high = -1, middle
    while high - low > 1:
        rank = (low + high) // 2
        if speaks(rank) < budget:
            high = rank
        else:
            low = rank
    return high


def _inverse(ratio: float) -> float:
    return 1 / ratio if ratio else math.inf


def _quotient(above: float, below: float) -> float:
    """Zeros, of a clock too coarse, are taken as equal."""
    if below > 0:
        return above / below
    return math.inf if above > 0 else 1.0
