"""How likely so many of the hits fall to one arm where both are alike: Fisher's exact test (The Design of Experiments, 1935)."""

from __future__ import annotations

import math

from sdep.rollout.analysis.proportions import Share

_NEGLIGIBLE = 1e-12


def as_many(stable: Share, canary: Share) -> float:
    """The chance that the canary has as many of all hits as it has, or more, were any of all trials equally likely to be one.

    Of no more than its part it is not asked, and taken as 1.
    """
    n, m, own, hits = stable.trials, canary.trials, int(canary.hits), int(stable.hits + canary.hits)
    if own * (n + m) <= hits * m:
        return 1.0
    term, total = math.exp(_log_choose(m, own) + _log_choose(n, hits - own) - _log_choose(n + m, hits)), 0.0
    for count in range(own, min(hits, m) + 1):
        total += term
        if term < _NEGLIGIBLE * total:
            break
        term *= (m - count) * (hits - count) / ((count + 1) * (n - hits + count + 1))
    return min(1.0, total)


def _log_choose(total: int, chosen: int) -> float:
    return math.lgamma(total + 1) - math.lgamma(chosen + 1) - math.lgamma(total - chosen + 1)
