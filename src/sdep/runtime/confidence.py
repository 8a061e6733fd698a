"""How sure a classifier says that it is, in bins: what it says beside how often it is right is its calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    Array = np.ndarray[Any, Any]

BINS = tuple(f"{number / 10:.1f}" for number in range(1, 11))
"""The upper edge of each bin, as a label."""
_SUMS_TO_ONE = 1e-3
_TABLE = 2  # axes


class Stated(NamedTuple):
    """Rows of probabilities whose truth is known: what the greatest was, whether it was right, and Brier's score of each row."""

    confidence: Sequence[float] = ()
    right: Sequence[bool] = ()
    brier: Sequence[float] = ()


def are_probabilities(rows: Array) -> bool:
    """Whether each row has the probability of every class: at least two numbers from 0 to 1 that sum to 1."""
    if rows.ndim != _TABLE or rows.shape[1] < 2 or rows.dtype.kind != "f":  # noqa: PLR2004 - classes
        return False
    return bool(((rows >= 0) & (rows <= 1)).all() and (np.abs(rows.sum(axis=1) - 1) < _SUMS_TO_ONE).all())


def bins_of(confidence: Array) -> Array:
    """The place in BINS of each."""
    found: Array = np.clip(np.ceil(confidence * 10 - 1e-9).astype(int) - 1, 0, 9)
    return found


def stated(rows: Array, truth: Array, names: Sequence[str]) -> Stated:
    """`truth` is the number of each row's class, or its name, which `names` then has. Nothing where rows are no probabilities.

    The score is Brier's own, over all classes: the sum of (p - y)^2, from 0 to 2 (Brier 1950).
    """
    if not are_probabilities(rows):
        return Stated()
    places = _places(truth.reshape(-1), rows.shape[1], list(names))
    known = places >= 0
    rows, places = rows[known], places[known]
    happened = np.eye(rows.shape[1])[places]
    right = rows.argmax(axis=1) == places
    return Stated(rows.max(axis=1).tolist(), right.tolist(), ((rows - happened) ** 2).sum(axis=1).tolist())


def _places(truth: Array, classes: int, names: list[str]) -> Array:
    """-1 where it is no class of these."""
    if truth.dtype.kind in "iuf":
        whole = np.isfinite(truth) & (truth == np.trunc(truth)) & (truth >= 0) & (truth < classes)
        return np.where(whole, np.where(whole, truth, 0).astype(int), -1)
    known = {name: place for place, name in enumerate(names)} if len(names) == classes else {}
    return np.array([known.get(str(label), -1) for label in truth.tolist()], dtype=int)
