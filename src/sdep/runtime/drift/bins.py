"""Bins of one column of the reference data, and how many values of any other column fall into each."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.evidence.watched import Counts

if TYPE_CHECKING:
    from collections.abc import Sequence

    Array = np.ndarray[Any, Any]

DECILES = tuple(number / 10 for number in range(1, 10))
"""The usual bins of the population stability index, and Kolmogorov's distance loses little by them."""
MOST_CATEGORIES = 20
MOST_CHARACTERS = 64
"""A category is told by as much of its text."""
_DIGITS = 6
"""Significant digits of an edge, so that every process that reads the same reference finds the same ones."""


class Bins:
    """Made of a column that is float64 with NaN, or str with "", where a value is missing; counts columns of the same kind."""

    def __init__(self, column: Array, levels: Sequence[float] = DECILES) -> None:
        """Numbers are parted at these quantiles, where they have more values than that gives bins."""
        self.is_text = column.dtype.kind != "f"
        self.edges = () if self.is_text else _edges(column, levels)
        self.categories = _categories(column) if self.is_text else ()
        self._places = {category: place for place, category in enumerate(self.categories)}
        self._known = set(column.tolist()) if self.is_text else set()
        self._low, self._high = _bounds(column)

    def counts(self, column: Array) -> Counts:
        return self._of_text(column.tolist()) if self.is_text else self._of_numbers(column)

    def _of_numbers(self, column: Array) -> Counts:
        values = column[~np.isnan(column)]
        bins = np.bincount(np.searchsorted(np.array(self.edges), values), minlength=len(self.edges) + 1)
        outside = int(((values < self._low) | (values > self._high)).sum())
        return Counts(bins=tuple(bins.tolist()), missing=len(column) - len(values), outside=outside)

    def _of_text(self, values: list[str]) -> Counts:
        bins, new = [0] * (len(self._places) + 1), 0
        found = Counter(values)
        missing = found.pop("", 0)
        for value, count in found.items():
            bins[self._places.get(value[:MOST_CHARACTERS], -1)] += count
            new += count * (value not in self._known)
        return Counts(bins=tuple(bins), missing=missing, new=new)


def _bounds(column: Array) -> tuple[float, float]:
    values = column[np.isfinite(column)] if column.dtype.kind == "f" else np.array([])
    return (float(values.min()), float(values.max())) if len(values) else (-np.inf, np.inf)


def _edges(column: Array, levels: Sequence[float]) -> tuple[float, ...]:
    """Between the values where they are few; else the quantiles, each once."""
    finite = column[np.isfinite(column)]
    values = np.unique(finite)
    few = len(values) <= len(levels) + 1
    edges = (values[1:] + values[:-1]) / 2 if few else np.quantile(finite, levels, method="lower")
    return tuple(sorted({float(f"{edge:.{_DIGITS}g}") for edge in edges.tolist()}))


def _categories(column: Array) -> tuple[str, ...]:
    """The most frequent ones; of equally frequent ones the first in the alphabet."""
    found = Counter(value[:MOST_CHARACTERS] for value in column.tolist() if value)
    return tuple(sorted(sorted(found), key=lambda value: -found[value])[:MOST_CATEGORIES])
