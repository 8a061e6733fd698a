"""How much of one answer is looked at."""

from __future__ import annotations

MOST_ROWS = 100
MOST_NUMBERS, MOST_CELLS = 10_000, 1_000
"""Of an array of numbers, and of one that holds anything else, which is looked at value by value."""


def stride(rows: int, width: int, most: int = MOST_NUMBERS) -> int:
    """Every which row is taken, so that they are at most 100, and at most `most` values. ValueError where one is too wide."""
    if width > most:
        raise ValueError(f"a row of {width} values is no prediction that can be counted")
    taken = min(MOST_ROWS, most // max(1, width))
    return max(1, -(-rows // taken))
