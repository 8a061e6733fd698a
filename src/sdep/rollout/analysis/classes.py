"""What the distances of classes share: each is a metric whose square is a divergence, so bounds that hold at every look are alike.

The likelihood of all answers so far, averaged over Dirichlet's distribution (Robbins' mixtures, see `bernoulli.py`), confines the
divergence of what was counted from what is true, n KL of one arm plus m KL of the other. Where the square of a metric is at most c KL,
what was counted is so far off at most, both arms together (Cauchy and Schwarz), and the triangle inequality gives `high`. `low` is
that of the class that differs most clearly, all classes sharing the chance of a false alarm: no distance is less than a multiple of
total variation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from sdep.evidence.evidence import MOST_CLASSES
from sdep.rollout.analysis.bernoulli import log_likelihood
from sdep.rollout.analysis.interval import Interval, Risk
from sdep.rollout.analysis.proportions import Share, difference

Classes = Mapping[str, int]
ClassRule = Callable[[Classes, Classes, Risk, int], Interval]
"""Of the stable predictor's classes and the canary's; the number is how many classes there may be."""


def shares(stable: Classes, canary: Classes) -> Iterator[tuple[float, float]]:
    """Of each class that either has answered."""
    n, m = sum(stable.values()), sum(canary.values())
    for name in {**stable, **canary}:
        yield stable.get(name, 0) / n, canary.get(name, 0) / m


def bounded(
    estimate: float, low: float, stable: Classes, canary: Classes, risk: Risk, *, per_divergence: float
) -> Interval:
    """A distance between 0 and 1 whose square is at most `per_divergence` times KL, in nats."""
    n, m = sum(stable.values()), sum(canary.values())
    kinds = len({*stable, *canary})
    spent = math.log(1 / risk.passed) + _regret(stable, kinds) + _regret(canary, kinds)
    off = math.sqrt(per_divergence * spent * (1 / n + 1 / m))
    return Interval(estimate, min(max(0.0, low), estimate), min(1.0, estimate + off))


def least_variation(stable: Classes, canary: Classes, alpha: float, most: int = MOST_CLASSES) -> float:
    """The least that total variation can be, at all looks but for a chance of `alpha`; not above 0 where it can be none."""
    n, m = sum(stable.values()), sum(canary.values())
    clearest = max(
        sorted({*stable, *canary}), key=lambda name: _clearness(stable.get(name, 0), n, canary.get(name, 0), m)
    )
    one = Share(stable.get(clearest, 0), n), Share(canary.get(clearest, 0), m)
    rising = one if one[1].rate >= one[0].rate else one[::-1]
    return difference(*rising, Risk(alpha / most, 1)).low


def _clearness(hits: int, n: int, others: int, m: int) -> float:
    """The logarithm of the likelihood ratio of two rates to one."""
    both = (hits + others) / (n + m)
    return sum(
        log_likelihood(count, trials, count / trials) - log_likelihood(count, trials, both)
        for count, trials in ((hits, n), (others, m))
    )


def _regret(counts: Classes, kinds: int) -> float:
    """What the likelihood averaged over Dirichlet's distribution, with a half for each class, lacks to the greatest."""
    trials, prior = sum(counts.values()), 0.5
    greatest = sum(count * math.log(count / trials) for count in counts.values() if count)
    averaged = sum(math.lgamma(count + prior) - math.lgamma(prior) for count in counts.values())
    return greatest - averaged - math.lgamma(kinds * prior) + math.lgamma(trials + kinds * prior)
