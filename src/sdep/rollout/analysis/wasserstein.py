"""Wasserstein's distance of two distributions of numbers: how far an answer has moved, in the middle nine tenths of them."""

from __future__ import annotations

import math

from sdep.evidence.histogram import Histogram
from sdep.rollout.analysis.bands import band
from sdep.rollout.analysis.interval import Interval, Risk
from sdep.rollout.analysis.kolmogorov_smirnov import least_distance
from sdep.rollout.analysis.ordered import Ordered, ordered

TRIM = 0.05
"""The part that is left out at either end. Of whole distributions one value in a million could be all of the distance, and no number of
answers would bound it (Munk & Czado, Nonparametric validation of similar distributions and assessment of goodness of fit, 1998)."""
_CELLS = 150
_WIDTH = (1 - 2 * TRIM) / _CELLS
"""The middle is cut into cells; within each the bounds are the widest."""
_LEVELS = [TRIM + cell * _WIDTH for cell in range(_CELLS)]
"""The lower one of each cell."""


def wasserstein(stable: Histogram, canary: Histogram, risk: Risk) -> Interval:
    """By the stable predictor's interquartile range: the mean difference of the quantiles of the same level, 5 to 95 %.

    Each quantile lies within a band of levels (`bands.py`), all at once: `low` and `high` add up the least and the greatest
    differences. Whether the distributions differ at all is told much sooner by Kolmogorov and Smirnov's distance.
    """
    digits = min(stable.digits, canary.digits)
    one, other = arms = ordered(stable.coarser(digits)), ordered(canary.coarser(digits))
    unit = _spread(one, other)
    middles = (_quantiles(arm, _WIDTH / 2) for arm in arms)
    estimate = sum(abs(there - here) for here, there in zip(*middles, strict=True)) / _CELLS
    return Interval(
        estimate / unit,
        low=min(_least(*(_edges(arm, risk.worse / 2) for arm in arms)), estimate) / unit,
        high=max(_most(*(_edges(arm, risk.passed / 2) for arm in arms)), estimate) / unit,
        differs=least_distance(stable, canary, risk.worse) > 0,
    )


Edges = list[tuple[float, float]]
"""Of each cell: where its least and its greatest quantile may be."""


def _least(stable: Edges, canary: Edges) -> float:
    both = zip(stable, canary, strict=True)
    return sum(max(0.0, under - high, low - over) for (low, high), (under, over) in both) / _CELLS


def _most(stable: Edges, canary: Edges) -> float:
    both = zip(stable, canary, strict=True)
    return sum(max(over - low, high - under) for (low, high), (under, over) in both) / _CELLS


def _edges(arm: Ordered, alpha: float) -> Edges:
    off = band(arm.total, alpha)
    return list(zip(_quantiles(arm, -off), _quantiles(arm, _WIDTH + off), strict=True))


def _quantiles(arm: Ordered, off: float) -> list[float]:
    """Of each cell, that of its lower level and so much more. Beyond all that was seen nothing is known."""
    total, levels = arm.total, (level + off for level in _LEVELS)
    return [
        -math.inf if level <= 0 else math.inf if level >= 1 else arm.smallest(math.ceil(level * total))
        for level in levels
    ]


def _spread(stable: Ordered, canary: Ordered) -> float:
    """Where half of the answers are one number, the widest of what there is instead; 1 where all are."""
    between = (
        stable.quantile(0.75) - stable.quantile(0.25),
        stable.quantile(1 - TRIM) - stable.quantile(TRIM),
        max(stable.values[-1], canary.values[-1]) - min(stable.values[0], canary.values[0]),
    )
    return next((width for width in between if width > 0), 1.0)
