"""How sure one can be of a share after so many draws: bounds by Kullback and Leibler's divergence of Bernoulli variables."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_HALVINGS = 24
"""Of the interval in which a bound is sought: to seven digits."""
_TINY = 1e-12


def divergence(p: Array, q: Array) -> Array:
    p, q = np.clip(p, _TINY, 1 - _TINY), np.clip(q, _TINY, 1 - _TINY)
    return np.asarray(p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q)))


def upper(means: Array, level: Array) -> Array:
    """The greatest shares whose divergence from the means is at most `level`, which is log(1/delta) over the draws."""
    low, high = np.asarray(means, float), np.ones_like(means, float)
    return _bisected(means, level, low, high)


def lower(means: Array, level: Array) -> Array:
    """The least such shares."""
    low, high = np.asarray(means, float), np.zeros_like(means, float)
    return _bisected(means, level, low, high)


def _bisected(means: Array, level: Array, inside: Array, outside: Array) -> Array:
    """`outside` itself, where even that is within the level."""
    whole = divergence(means, outside) <= level
    limit = outside
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        within = divergence(means, middle) <= level
        inside, outside = np.where(within, middle, inside), np.where(within, outside, middle)
    return np.where(whole, limit, inside)


def exploration(arms: int, look: int, delta: float) -> float:
    """The level, before it is divided by the draws, at which KL-LUCB's bounds of all arms hold at every look with 1 - delta.

    Kaufmann and Kalyanakrishnan 2013, theorem 1, with their alpha = 1.1 and k1 = 405.5.
    """
    rate = np.log(405.5 * arms * look**1.1 / delta)
    return float(rate + np.log(rate))
