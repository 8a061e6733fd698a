"""The split: whether the canary got the share of the requests that it was meant to get."""

from __future__ import annotations

import math

from sdep.api.status import Finding
from sdep.evidence.evidence import Evidence
from sdep.rollout.analysis.bernoulli import evidence_against

ALPHA = 0.001
"""In all looks together, the chance to distrust a split that is right."""
TOLERANCE = 0.3
"""Gateways and pods that come and go are no coins: only a share that is off by more than this part of it is distrusted."""


def split(stable: Evidence, canary: Evidence, share: float | None) -> Finding | None:
    """What is wrong with the split; None where nothing is, or where nobody knows what is right.

    A sample ratio mismatch, tested at every look: Lindon & Malek, Anytime-valid inference for multinomial count data (2022).
    """
    total = stable.requests + canary.requests
    if share is None or not 0 < share < 1 or not total:
        return None
    observed = canary.requests / total
    off = abs(observed / share - 1)
    if off <= TOLERANCE or evidence_against(share, total)(canary.requests) < math.log(1 / ALPHA):
        return None
    return Finding(
        metric="split",
        verdict="Inconclusive",
        samples=canary.requests,
        stable_samples=stable.requests,
        estimate=100 * (observed / share - 1),
        threshold=100 * TOLERANCE,
        message=f"the canary got {100 * observed:.1f} % of {total:,} requests instead of {100 * share:g} %: "
        "those that reach it may not be like the others",
    )
