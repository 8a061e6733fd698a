"""How right an answer was, now that somebody says what was true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sdep.built_in import RELATIVE_TOLERANCE, TOLERANCE, tolerance
from sdep.runtime.confidence import Stated, stated
from sdep.runtime.errors import BadDataError
from sdep.runtime.message import NUMERIC
from sdep.runtime.seldon.codec import decode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sdep.contract import ServedUnit

    Array = np.ndarray[Any, Any]

_SAME = 1e-6
"""Numbers that agree to six digits are the same where nobody says how far apart they may be."""


class Tolerance(NamedTuple):
    """Right is what is as near to the truth as one of both allows."""

    absolute: float = 0.0
    relative: float = _SAME


class Outcome(NamedTuple):
    """Rows that were right and rows that were not; of real numbers, how far off each was, by itself and for its size."""

    correct: int
    incorrect: int
    absolute: Sequence[float] = ()
    relative: Sequence[float] = ()
    stated: Stated = Stated()
    """Of rows of probabilities."""


def tolerance_of(unit: ServedUnit) -> Tolerance:
    """From the unit's parameters; a container may mean something else by the same names, so what is no number is not read."""
    given = {parameter.name: parameter.value for parameter in unit.parameters}
    absolute, relative = (tolerance(given.get(name)) for name in (TOLERANCE, RELATIVE_TOLERANCE))
    if absolute is None and relative is None:
        return Tolerance()
    return Tolerance(absolute or 0.0, relative or 0.0)


def outcome(feedback: Mapping[str, Any], allowed: Tolerance) -> Outcome | None:
    """Compare `response` with `truth`, row by row. None where one is missing, or they cannot be compared."""
    try:
        said, true = (decode(feedback.get(part)).payload for part in ("response", "truth"))
    except BadDataError:
        return None
    arrays = _array(said.value), _array(true.value)
    if arrays[0] is None or arrays[1] is None:
        same = type(said.value) is type(true.value) and said.value == true.value
        return Outcome(int(same), int(not same))
    return _compared(arrays[0], arrays[1], said.names, allowed)


def _array(value: object) -> Array | None:
    """Text is one label; an object of JSON is compared as a whole."""
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, (str, int, float)):
        return np.array([value], dtype=object if isinstance(value, str) else None)
    if not isinstance(value, list):
        return None
    try:
        array = np.array(value)
    except ValueError:
        return None
    return array.astype(object) if array.dtype.kind == "U" else array


def _compared(said: Array, true: Array, names: Sequence[str], allowed: Tolerance) -> Outcome | None:
    if said.size != true.size and said.ndim == 2 and len(said) == true.size:  # noqa: PLR2004 - rows of probabilities
        found = _compared(_likeliest(said, true, names), true, names, allowed)
        return None if found is None else found._replace(stated=stated(said, true, names))
    if said.size != true.size or not said.size:
        return None
    said = said.reshape(-1, 1) if said.ndim < 2 else said.reshape(len(said), -1)  # noqa: PLR2004 - rows only
    true = true.reshape(said.shape)
    if said.dtype.kind in NUMERIC and true.dtype.kind in NUMERIC:
        return _near(said, true, allowed)
    right = np.array(
        [all(one == other for one, other in zip(*rows, strict=True)) for rows in zip(said, true, strict=True)]
    )
    return Outcome(int(right.sum()), int((~right).sum()))


def _likeliest(scores: Array, true: Array, names: Sequence[str]) -> Array:
    """The class with the greatest score in each row: its name where the truth is one, else its number."""
    best: Array = scores.argmax(axis=1)
    if true.dtype.kind in NUMERIC or len(names) != scores.shape[1]:
        return best
    return np.array(names, dtype=object)[best]


def _near(said: Array, true: Array, allowed: Tolerance) -> Outcome:
    """Rows whose truth is unknown (NaN) say nothing."""
    known = np.isfinite(true).all(axis=1)
    said, true, whole = said[known].astype(float), true[known].astype(float), said.dtype.kind != "f"
    off = np.abs(said - true)
    right = (off <= np.maximum(allowed.absolute, allowed.relative * np.abs(true))).all(axis=1)
    counted = int(right.sum()), int((~right).sum())
    if whole:  # labels in the form of numbers: how far one is from another means nothing
        return Outcome(*counted)
    off, size = off[np.isfinite(off)], np.abs(true)[np.isfinite(off)]
    return Outcome(*counted, off.tolist(), (off[size > 0] / size[size > 0]).tolist())
