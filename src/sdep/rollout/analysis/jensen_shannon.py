"""Jensen and Shannon's distance of two distributions of classes."""

from __future__ import annotations

import math

from sdep.rollout.analysis.classes import Classes, bounded, least_variation, shares
from sdep.rollout.analysis.interval import Interval, Risk

_PER_DIVERGENCE = 0.5
"""The divergence in bits is at most half of KL in nats: the ratio of their generators is greatest where a class was never counted
(Harremoës & Vajda, On pairs of f-divergences and their joint range, 2011)."""
_PER_VARIATION = 1 / math.sqrt(2 * math.log(2))
"""By Pinsker's inequality, of both distributions against their mean."""


def jensen_shannon(stable: Classes, canary: Classes, risk: Risk, most: int) -> Interval:
    """As a fraction: the root of the divergence in bits.

    It is a metric (Endres & Schindelin, A new metric for probability distributions, 2003).
    """
    divergence = sum(_towards(p, (p + q) / 2) + _towards(q, (p + q) / 2) for p, q in shares(stable, canary)) / 2
    low = _PER_VARIATION * least_variation(stable, canary, risk.worse, most)
    estimate = min(1.0, math.sqrt(max(0.0, divergence)))
    return bounded(estimate, low, stable, canary, risk, per_divergence=_PER_DIVERGENCE)


def _towards(share: float, mean: float) -> float:
    return share * math.log2(share / mean) if share else 0.0
