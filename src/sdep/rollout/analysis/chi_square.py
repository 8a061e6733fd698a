"""Chi-square: Cramér's V of a table of two predictors by their classes."""

from __future__ import annotations

import math

from sdep.rollout.analysis.classes import Classes, bounded, least_variation, shares
from sdep.rollout.analysis.interval import Interval, Risk

_PER_DIVERGENCE = 0.558
"""The greatest ratio of (t - 1)² / 2(t + 1) to t log t - t + 1, over all t (Harremoës & Vajda, On pairs of f-divergences and their
joint range, 2011)."""


def chi_square(stable: Classes, canary: Classes, risk: Risk, most: int) -> Interval:
    """As a fraction: the root of half the sum of (p - q)² / (p + q).

    That is the root of chi-square by the number of answers, were there as many of either predictor: it does not change with the
    weights. It is a metric, Le Cam's (Topsøe, Some inequalities for information divergence and related measures of discrimination,
    2000), and by Cauchy and Schwarz at least total variation.
    """
    estimate = math.sqrt(sum((p - q) ** 2 / (p + q) for p, q in shares(stable, canary) if p + q) / 2)
    low = least_variation(stable, canary, risk.worse, most)
    return bounded(min(1.0, estimate), low, stable, canary, risk, per_divergence=_PER_DIVERGENCE)
