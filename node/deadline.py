"""Waiting for a condition, no longer than it may take."""

from __future__ import annotations

import time
from collections.abc import Callable

from node.problem import Problem

Condition = Callable[[], object]
PAUSE = 0.1


def until(condition: Condition, seconds: float, what: str) -> None:
    """Ask again and again until the condition is true; a refused connection is a no."""
    end = time.monotonic() + seconds
    last = ""
    while time.monotonic() < end:
        try:
            if condition():
                return
        except OSError as error:
            last = f" (last: {error})"
        time.sleep(PAUSE)
    raise Problem(f"{what}: not within {seconds:.0f} s{last}")
