"""Routers that need neither a container nor feedback: SIMPLE_ROUTER and RANDOM_ABTEST."""

from __future__ import annotations

import random
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def first_child() -> int:
    return 0


def random_branch(weights: Sequence[float], seed: int | None) -> Callable[[], int]:
    """Draws a child by its share of `weights`.

    `seed` makes the draws repeat, for tests; without one no two pods draw alike.
    """
    draw = random.Random(seed)  # noqa: S311 - splits traffic, keeps no secret
    *bounds, whole = accumulate(weights)
    return lambda: bisect_right(bounds, draw.random() * whole)
