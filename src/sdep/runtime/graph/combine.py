"""What the built-in combiners make of their children's answers: the mean, a weighted mean, the majority's vote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.errors import UnitError
from sdep.runtime.message import NUMERIC, Payload

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sdep.contract import ServedUnit

    Weights = Sequence[float] | None
    """One for each child; None where all count alike."""
    Combine = Callable[[ServedUnit, Sequence[Payload], Weights], Payload]

_PAIRWISE = 8
"""From so many on NumPy adds in another order."""


def mean(unit: ServedUnit, payloads: Sequence[Payload], weights: Weights = None) -> Payload:
    """Element by element. Equal shapes required; the answer has that shape, and the first child's kind and names."""
    first, arrays = payloads[0], _arrays(unit, payloads, numeric=True)
    if weights is None:
        return Payload(_plain_mean(arrays), first.kind, first.names)
    return Payload(np.average(arrays, axis=0, weights=weights), first.kind, first.names)


def vote(unit: ServedUnit, payloads: Sequence[Payload], weights: Weights = None) -> Payload:
    """Element by element, the answer that most children gave, or the greatest weight. A tie goes to the earlier child.

    Children that answer with text, and no array, vote on the whole of it.
    """
    first = payloads[0]
    if all(isinstance(payload.value, str) for payload in payloads):
        return first._replace(value=_winner([payload.value for payload in payloads], weights))
    arrays = _arrays(unit, payloads)
    if all(array.dtype.kind in NUMERIC or array.dtype.kind == "b" for array in arrays):
        return Payload(_elected(np.stack(arrays), weights), first.kind, first.names)
    columns = zip(*(array.ravel().tolist() for array in arrays), strict=True)
    elected = np.empty(arrays[0].size, dtype=object)
    elected[:] = [_winner(column, weights) for column in columns]
    return Payload(elected.reshape(arrays[0].shape), first.kind, first.names)


def _plain_mean(arrays: list[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """Few arrays of doubles are added one by one, to the same bits, in a tenth of what `numpy.mean` costs for short ones."""
    if len(arrays) >= _PAIRWISE or any(array.dtype != np.float64 for array in arrays):
        averaged: np.ndarray[Any, Any] = np.mean(arrays, axis=0)
        return averaged
    total = arrays[0].copy()
    for array in arrays[1:]:
        total += array
    return total / len(arrays)


def _arrays(unit: ServedUnit, payloads: Sequence[Payload], *, numeric: bool = False) -> list[np.ndarray[Any, Any]]:
    for payload in payloads:
        if not isinstance(payload.value, np.ndarray) or (numeric and payload.value.dtype.kind not in NUMERIC):
            wanted = "numbers" if numeric else "arrays, or all of them text"
            raise UnitError(unit.name, f"{unit.implementation} takes {wanted}, and a child answered something else")
    shapes = [payload.value.shape for payload in payloads]
    if len(set(shapes)) > 1:
        listed = ", ".join(str(list(shape)) for shape in shapes)
        message = f"{unit.implementation} takes equal shapes, and its children answered {listed}"
        raise UnitError(unit.name, message)
    return [payload.value for payload in payloads]


def _elected(ballots: np.ndarray[Any, Any], weights: Weights) -> np.ndarray[Any, Any]:
    """Each child's share of agreement, by element: as many comparisons as there are pairs, and no loop over elements."""
    given = np.ones(len(ballots)) if weights is None else np.asarray(weights)
    support = np.array([np.tensordot(given, ballots == ballot, axes=1) for ballot in ballots])
    elected: np.ndarray[Any, Any] = np.take_along_axis(ballots, support.argmax(axis=0)[np.newaxis], axis=0)[0]
    return elected


def _winner(ballots: Sequence[Any], weights: Weights) -> object:
    """By equality, since a row may hold what has no hash."""
    given = weights or [1.0] * len(ballots)
    support = [sum(weight for weight, other in zip(given, ballots, strict=True) if other == one) for one in ballots]
    return ballots[support.index(max(support))]
