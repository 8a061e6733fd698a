"""Routers that need no container: SIMPLE_ROUTER and RANDOM_ABTEST."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PAIR = 2


def first_child() -> int:
    return 0


def random_branch(children: int, ratio_a: float | None, seed: int | None) -> Callable[[], int]:
    """Draws a child: with two of them the first one in `ratio_a` (default a half) of the draws, else all alike.

    `seed` makes the draws repeat, for tests; without one no two pods draw alike.
    """
    draw = random.Random(seed)  # noqa: S311 - splits traffic, keeps no secret
    if children == PAIR:
        ratio = 0.5 if ratio_a is None else ratio_a
        return lambda: 0 if draw.random() < ratio else 1
    return lambda: draw.randrange(children)
