"""What a model's answers mean to a method: numbers to take apart, or labels to keep."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sdep.runtime.explain.errors import NotExplainableError

Array = np.ndarray[Any, Any]

MOST_LABELS = 30
"""A model whose answers have more different whole numbers than this counts something; it does not name classes."""
MATRIX = 2


def scores(raw: Array, classes: tuple[str, ...] = ()) -> Array:
    """Numbers with two axes, rows and outputs. A label becomes 1 for its class and 0 for the others of `classes`."""
    if raw.dtype.kind in "iufb":
        return raw.astype(np.float64).reshape(len(raw), -1)
    flat = raw.reshape(len(raw), -1)
    try:
        return flat.astype(np.float64)
    except (TypeError, ValueError):
        pass
    if not classes or flat.shape[1] != 1:
        raise NotExplainableError("the model answers with text, and no reference data says which classes there are")
    return np.asarray(flat == np.array(classes, dtype=object), dtype=np.float64)


def classes_of(raw: Array) -> tuple[str, ...]:
    """The labels in answers that are text; () for numbers."""
    if raw.dtype.kind in "iufb" or (raw.ndim > 1 and raw.shape[1:] != (1,)):
        return ()
    found = raw.reshape(-1).tolist()
    return tuple(sorted(set(found))) if found and all(isinstance(each, str) for each in found) else ()


class Sameness(NamedTuple):
    """When two predictions count as the same: equal labels, or numbers that differ by at most `tolerance`."""

    tolerance: float | None

    def labels(self, raw: Array) -> Array:
        """One value a row: the label, or the number. Of several outputs, the place of the greatest."""
        if raw.ndim >= MATRIX and raw.shape[1] > 1:
            return np.asarray(raw.argmax(axis=1))
        return raw.reshape(-1)

    def same(self, raw: Array, label: Any) -> Array:  # noqa: ANN401 - text or a number
        found = self.labels(raw)
        if self.tolerance is None:
            return np.asarray(found == label)
        return np.asarray(np.abs(found.astype(np.float64) - label) <= self.tolerance)


def sameness(raw: Array, tolerance: float) -> Sameness:
    """From the model's answers to the reference data. Numbers are compared with `tolerance` in standard deviations of them."""
    if raw.ndim >= MATRIX and raw.shape[1] > 1:
        return Sameness(None)
    flat = raw.reshape(-1)
    if flat.dtype.kind != "f":
        return Sameness(
            None if flat.dtype.kind != "i" or len(np.unique(flat)) <= MOST_LABELS else _band(flat, tolerance)
        )
    whole = bool((flat == np.round(flat)).all()) and len(np.unique(flat)) <= MOST_LABELS
    return Sameness(None if whole else _band(flat, tolerance))


def _band(flat: Array, tolerance: float) -> float:
    return tolerance * float(flat.astype(np.float64).std())
