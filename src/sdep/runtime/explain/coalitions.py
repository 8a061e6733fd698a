"""The coalitions of features that KernelSHAP asks the model about, and what each weighs (Lundberg and Lee 2017, theorem 2)."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


class Coalitions(NamedTuple):
    """`masks` has a row for each, True where the feature is the explained row's. With `complete` the values are exact."""

    masks: Array
    weights: Array
    complete: bool


def coalitions(width: int, budget: int, rng: np.random.Generator) -> Coalitions:
    """At most `budget` of those that are neither empty nor whole; `width` is at least 2.

    Whole sizes first, from the smallest and the greatest inwards, for these weigh most; what is left of the budget is drawn from the
    sizes between, in pairs of a coalition and its complement.
    """
    sizes = range(1, width // 2 + 1)
    share = {size: (width - 1) / (size * (width - size)) * (1 if 2 * size == width else 2) for size in sizes}
    total = sum(share.values())
    masks: list[Array] = []
    weights: list[float] = []
    left = budget
    for size in sizes:
        count = comb(width, size) * (1 if 2 * size == width else 2)
        if count > left:
            drawn, drawn_weights = _drawn(width, [each for each in sizes if each >= size], share, left, rng)
            return Coalitions(np.array(masks + drawn), np.array(weights + drawn_weights) / total, complete=False)
        masks += _all(width, size)
        weights += [share[size] / count] * count
        left -= count
    return Coalitions(np.array(masks), np.array(weights) / total, complete=True)


def _all(width: int, size: int) -> list[Array]:
    found = []
    for chosen in combinations(range(width), size):
        mask = np.zeros(width, bool)
        mask[list(chosen)] = True
        found += [mask] if 2 * size == width else [mask, ~mask]
    return found


def _drawn(
    width: int, sizes: list[int], share: dict[int, float], count: int, rng: np.random.Generator
) -> tuple[list[Array], list[float]]:
    """Pairs, each weighing by how often it was drawn; together they weigh what their sizes do."""
    chances = np.array([share[size] for size in sizes])
    times: dict[bytes, int] = {}
    for size in rng.choice(sizes, size=4 * count, p=chances / chances.sum()):
        mask = np.zeros(width, bool)
        mask[rng.choice(width, size, replace=False)] = True
        key = mask.tobytes() if mask[0] else (~mask).tobytes()
        if key in times or len(times) < count // 2:
            times[key] = times.get(key, 0) + 1
    each = chances.sum() / (2 * max(1, sum(times.values())))
    masks, weights = [], []
    for key, drawn in times.items():
        mask = np.frombuffer(key, bool)
        masks += [mask, ~mask]
        weights += [each * drawn] * 2
    return masks, weights
