"""The same traffic by the documented rules of other tools: a threshold for each minute, and how many minutes may miss it.

Neither knows the stable predictor, and neither looks at predictions. Flagger counts failed checks over the whole rollout, and a minute
without requests is one; at `threshold` it turns back. Argo Rollouts turns back at more than `failureLimit` failed measurements, and at
more than `consecutiveErrorLimit` in a row that found nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.judge.traffic import LATENCIES, LOOK_SECONDS, Arm

MINUTE_LOOKS = 60 // LOOK_SECONDS
FLAGGER_THRESHOLD = 5
ARGO_FAILURE_LIMIT, ARGO_ERROR_LIMIT = 3, 4
Minutes = NDArray[np.bool_]


@dataclass(frozen=True)
class Bounds:
    """What a minute must reach."""

    success: float
    p99_seconds: float


DOCUMENTED = {"flagger": Bounds(0.99, 0.5), "argo": Bounds(0.95, 0.5)}
"""From their own examples."""
TOLD = Bounds(0.98, 0.2)
"""By one who knows that the stable predictor fails one in a hundred with a p99 of 160 ms, and allows what our margins allow."""


def minutes(canary: Arm, bounds: Bounds) -> tuple[Minutes, Minutes]:
    """Which minutes of a step failed, and which had no requests. The arm has what was answered within each look."""
    requests, errors, latency = (
        part.reshape(-1, MINUTE_LOOKS, *part.shape[1:]).sum(axis=1)
        for part in (canary.requests, canary.errors, canary.latency)
    )
    upto = np.cumsum(latency, axis=-1)
    p99 = LATENCIES[np.argmax(upto >= np.ceil(0.99 * upto[..., -1:]), axis=-1)]
    empty = requests == 0
    return ~empty & ((errors > (1 - bounds.success) * requests) | (p99 > bounds.p99_seconds)), empty


def flagger(failed: Minutes, empty: Minutes) -> Minutes:
    """By minute and rollout: whether it is turned back by then."""
    return np.cumsum(failed | empty, axis=0) >= FLAGGER_THRESHOLD


def argo(failed: Minutes, empty: Minutes) -> Minutes:
    run = np.zeros(failed.shape, dtype=np.int64)
    for minute, nothing in enumerate(empty):
        run[minute] = np.where(nothing, (run[minute - 1] if minute else 0) + 1, 0)
    broken = (np.cumsum(failed, axis=0) > ARGO_FAILURE_LIMIT) | (run > ARGO_ERROR_LIMIT)
    return np.logical_or.accumulate(broken, axis=0)
