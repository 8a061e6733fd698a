"""Whether the canary fails more often, by whose requests the failures of each look were.

Were both predictors alike, the failures of a look would be any of its requests: how many are the canary's is hypergeometric, whatever the
rate is and however many requests each got. The likelihood of what was counted at some ratio of odds, divided by that at 1, is thus a
martingale over all looks, and so is its average over several ratios (Fisher's exact test, made sequential by Robbins' mixtures; see
`bernoulli.py`). Unlike two rates it has not to learn what rate is normal, does not mind that it changes, and can go on from step to step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from sdep.rollout.analysis.proportions import Share

ODDS = (1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
"""How many times as often the canary may fail."""
_LOG_ODDS = [math.log(odds) for odds in ODDS]


def weighed(before: Sequence[float], stable: Share, canary: Share) -> list[float]:
    """The logarithms of the likelihood ratios, one for each of `ODDS`, with one look more; `before` is empty at the first."""
    known = before if len(before) == len(ODDS) else [0.0] * len(ODDS)
    hits = int(stable.hits + canary.hits)
    if not hits or not stable.trials or not canary.trials:
        return list(known)
    expected = _log_means(stable.trials, canary.trials, hits)
    return [log + canary.hits * one - mean for log, one, mean in zip(known, _LOG_ODDS, expected, strict=True)]


def worse(logs: Sequence[float], alpha: float) -> bool:
    """Whether the canary fails more often, with a chance of `alpha`, in all looks together, to say so of one that does not."""
    return _log_sum(logs) - math.log(len(logs)) >= math.log(1 / alpha)


@lru_cache(maxsize=4096)
def _log_means(n: int, m: int, hits: int) -> list[float]:
    """Of each ratio to the power of the canary's part of the hits, the logarithm of the mean where both fail alike."""
    least, most = max(0, hits - n), min(hits, m)
    logs = [0.0]
    for own in range(least, most):
        logs.append(logs[-1] + math.log((m - own) * (hits - own) / ((own + 1) * (n - hits + own + 1))))
    all_alike = _log_sum(logs)
    return [_log_sum([log + place * one for place, log in enumerate(logs, least)]) - all_alike for one in _LOG_ODDS]


def _log_sum(logs: Sequence[float]) -> float:
    """The logarithm of the sum of what these are the logarithms of."""
    most = max(logs)
    return most + math.log(sum(math.exp(log - most) for log in logs))
