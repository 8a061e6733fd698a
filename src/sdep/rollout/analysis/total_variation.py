"""Total variation: what share of the answers is of other classes than before."""

from __future__ import annotations

from sdep.rollout.analysis.classes import Classes, bounded, least_variation, shares
from sdep.rollout.analysis.interval import Interval, Risk

_PER_DIVERGENCE = 0.5
"""Pinsker's inequality (Cover & Thomas, Elements of Information Theory, lemma 11.6.1)."""


def total_variation(stable: Classes, canary: Classes, risk: Risk, most: int) -> Interval:
    """As a fraction: half the sum of |p - q| over the classes, which is at least |p - q| of any one."""
    estimate = sum(abs(p - q) for p, q in shares(stable, canary)) / 2
    low = least_variation(stable, canary, risk.worse, most)
    return bounded(estimate, low, stable, canary, risk, per_divergence=_PER_DIVERGENCE)
