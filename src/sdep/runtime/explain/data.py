"""Reference data as the methods use it: one matrix, and of each column whether it holds numbers and where they are cut."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdep.runtime.reference.reference import Reference

Array = np.ndarray[Any, Any]

PERCENTILES = (10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0)
"""v1's `disc_perc`: where numbers are cut. v1 cuts at quarters, between which many a prediction changes."""


class Data:
    """`rows` is float64 where every column holds numbers, else of objects. `outputs` is what the data says that is predicted."""

    def __init__(self, reference: Reference) -> None:
        self.names = reference.names
        self.outputs = reference.outputs
        self.numeric = tuple(column.dtype.kind in "iufb" for column in reference.columns)
        whole = np.float64 if all(self.numeric) else object
        columns = [column.astype(whole) for column in reference.columns]
        self.rows: Array = np.column_stack(columns) if columns else np.empty((0, 0))

    @cached_property
    def whole(self) -> tuple[bool, ...]:
        """Whether all that a column holds are whole numbers."""
        return tuple(
            numbers and bool((self.column(each) == np.floor(self.column(each))).all())
            for each, numbers in enumerate(self.numeric)
        )

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def width(self) -> int:
        return len(self.names)

    def column(self, feature: int) -> Array:
        """As float64 where it holds numbers."""
        values: Array = self.rows[:, feature]
        return values.astype(np.float64) if self.numeric[feature] else values

    @cached_property
    def edges(self) -> tuple[Array, ...]:
        """Where each column of numbers is cut; empty for one of categories. A bin is from above one edge up to and with the next."""
        return self.cut()

    @cached_property
    def quarters(self) -> tuple[Array, ...]:
        """The same at the quartiles."""
        return self.cut((25.0, 50.0, 75.0))

    def cut(self, percentiles: Sequence[float] = PERCENTILES) -> tuple[Array, ...]:
        return tuple(
            _edges(self.column(each), percentiles) if numbers else np.empty(0)
            for each, numbers in enumerate(self.numeric)
        )

    def sample(self, count: int, rng: np.random.Generator) -> Array:
        """At most `count` different rows."""
        if len(self) <= count:
            return self.rows
        return self.rows[np.sort(rng.choice(len(self), count, replace=False))]


def _edges(values: Array, percentiles: Sequence[float]) -> Array:
    known = values[np.isfinite(values)]
    return np.unique(np.percentile(known, percentiles)) if len(known) else np.empty(0)


def bins(values: Array, edges: Array) -> Array:
    """The number of each value's bin."""
    return np.searchsorted(edges, values.astype(np.float64), side="left")
