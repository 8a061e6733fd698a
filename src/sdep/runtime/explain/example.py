"""The row that is explained for who sends none: the model's input example, else what is usual in each column of the reference data.

A row of that data itself is nobody's to show.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.errors import BadDataError
from sdep.runtime.explain.explanation import shown
from sdep.runtime.explain.question import rows_of

if TYPE_CHECKING:
    from sdep.runtime.explain.context import Context
    from sdep.runtime.explain.data import Data
    from sdep.runtime.explain.explanation import Explanation

Array = np.ndarray[Any, Any]

LONGEST = 105
"""Characters of a line of a picture."""
_LOCAL = "local"


def example_of(context: Context) -> tuple[Array, str]:
    """One row, and what it is. `BadDataError` where nothing says what rows look like."""
    if context.example is not None:
        with suppress(BadDataError):  # it is a text, or a table of thousands
            return rows_of(context.example, context.names)[:1], "the model's input example"
    if context.reference is not None and context.reference.rows:
        return _typical(context.data), "a typical row, the medians of the reference data"
    message = "there is no row to explain: send one, log reference data, or save the model with an input_example"
    raise BadDataError(message)


def noted(found: Explanation, rows: Array, what: str, context: Context) -> Explanation:
    """With the row above the picture; an explanation of the whole model is of no row."""
    if _LOCAL not in found.explanations:
        return found
    names = context.feature_names(rows.shape[1])
    values = ", ".join(f"{name} {shown(value)}" for name, value in zip(names, rows[0], strict=True))
    line = f"Of {what}: {values}"
    line = line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
    return replace(found, picture=replace(found.picture, notes=[line, *found.picture.notes]))


def _typical(data: Data) -> Array:
    row = [_usual(data.column(each), numbers=numbers) for each, numbers in enumerate(data.numeric)]
    return np.array([row], np.float64 if all(data.numeric) else object)


def _usual(column: Array, *, numbers: bool) -> object:
    """A median that occurs, so that whole numbers stay whole; of categories the most frequent one."""
    if numbers:
        known = column[np.isfinite(column)]
        return float(np.quantile(known, 0.5, method="inverted_cdf")) if len(known) else np.nan
    values, counts = np.unique(column.astype(str), return_counts=True)
    return str(values[counts.argmax()])
