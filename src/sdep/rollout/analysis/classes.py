"""How far two distributions of classes are apart: total variation, with bounds that hold at every look."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sdep.evidence.evidence import MOST_CLASSES
from sdep.rollout.analysis.bernoulli import log_likelihood
from sdep.rollout.analysis.interval import Interval, Risk
from sdep.rollout.analysis.proportions import Share, difference


def total_variation(stable: Mapping[str, int], canary: Mapping[str, int], risk: Risk) -> Interval:
    """As a fraction: what share of the answers is of other classes than before.

    It is at least the difference of any one class's shares: `low` is that of the class that differs most clearly, all classes sharing the
    chance of a false alarm. `high`: the likelihood averaged over Dirichlet's distribution confines the divergence of what was counted
    from what is true, of both arms together, and by Pinsker's inequality how far off the total variation can be.
    """
    n, m = sum(stable.values()), sum(canary.values())
    names = sorted({*stable, *canary})
    apart = {name: canary.get(name, 0) / m - stable.get(name, 0) / n for name in names}
    estimate = sum(abs(share) for share in apart.values()) / 2
    clearest = max(names, key=lambda name: _clearness(stable.get(name, 0), n, canary.get(name, 0), m))
    one = Share(stable.get(clearest, 0), n), Share(canary.get(clearest, 0), m)
    each = Risk(risk.worse / MOST_CLASSES / 2, 1)
    more, fewer = difference(*one, each).low, difference(one[1], one[0], each).low
    spent = math.log(1 / risk.passed) + _regret(stable, len(names)) + _regret(canary, len(names))
    return Interval(
        estimate=estimate,
        low=max(0.0, more, fewer),
        high=min(1.0, estimate + math.sqrt(spent / 2 * (1 / n + 1 / m))),
    )


def _clearness(hits: int, n: int, others: int, m: int) -> float:
    """Twice the logarithm of the likelihood ratio of two rates to one."""
    both = (hits + others) / (n + m)
    return sum(
        log_likelihood(count, trials, count / trials) - log_likelihood(count, trials, both)
        for count, trials in ((hits, n), (others, m))
    )


def _regret(counts: Mapping[str, int], classes: int) -> float:
    """What the likelihood averaged over Dirichlet's distribution, with a half for each class, lacks to the greatest."""
    trials, prior = sum(counts.values()), 0.5
    greatest = sum(count * math.log(count / trials) for count in counts.values() if count)
    averaged = sum(math.lgamma(count + prior) - math.lgamma(prior) for count in counts.values())
    return greatest - averaged - math.lgamma(classes * prior) + math.lgamma(trials + classes * prior)
