"""Which pairs of distributions Kolmogorov and Smirnov's distance may call unlike: quick to tell of all rollouts at once.

It refutes a distance of 0 only where, of each level, the likeliest point of the curve does not stand. There the likelihood averaged over a
prior is never more than the greatest one, so a pair for which that is too little need not be analysed.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bench.judge.traffic import Counts
from sdep.rollout.analysis.few import FEW, PART
from sdep.rollout.analysis.kolmogorov_smirnov import LEVELS

_ROUNDED = 1e-6


def may_be_unlike(stable: Counts, canary: Counts, alpha: float) -> NDArray[np.bool_]:
    """Of counts by value, along the last axis, of which both arms have some."""
    few: NDArray[np.bool_] = np.count_nonzero(stable + canary, axis=-1) <= FEW
    least = math.log(len(LEVELS) / (alpha * (1 - PART))) - _ROUNDED
    upto = np.cumsum(stable, axis=-1), np.cumsum(canary, axis=-1)
    refuted: NDArray[np.bool_] = np.any([_against(*upto, level) >= least for level in LEVELS], axis=0)
    return few | refuted


def _against(stable: Counts, canary: Counts, level: float) -> NDArray[np.float64]:
    """The greatest likelihood ratio against this level, at the quantile of both together: what is tied counts in part."""
    both = stable + canary
    wanted = level * both[..., -1]
    place = np.argmax(both >= wanted[..., None], axis=-1)[..., None]
    before, there = _at(both, place - 1), _at(both, place)
    part = (wanted - before) / (there - before)
    total = np.zeros(wanted.shape)
    for arm in (stable, canary):
        below, size = _at(arm, place - 1), arm[..., -1]
        share = (below + part * (_at(arm, place) - below)) / size
        total += size * divergence(share, np.full_like(share, level))
    return total


def _at(upto: Counts, place: NDArray[np.intp]) -> Counts:
    """How many there are up to a place; before the first there is nothing."""
    found: Counts = np.take_along_axis(upto, np.maximum(place, 0), -1)[..., 0]
    return np.where(place[..., 0] < 0, 0, found)


def divergence(share: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Kullback and Leibler's, of two coins."""
    with np.errstate(divide="ignore", invalid="ignore"):
        hits = np.where(share > 0, share * np.log(share / other), 0.0)
        misses = np.where(share < 1, (1 - share) * np.log((1 - share) / (1 - other)), 0.0)
    return hits + misses
