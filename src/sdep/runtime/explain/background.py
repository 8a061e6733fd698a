"""The rows that stand for "this feature is not known": what Shapley values are taken against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sdep.runtime.explain.context import Context

Array = np.ndarray[Any, Any]

ROWS = 100
"""v1's `n_background_samples`, where nobody says how many."""
SEED = 0


def background(context: Context) -> Array:
    """Rows of the reference data, always the same: those that `fit` chose, else a sample."""
    chosen = context.ahead.get("background")
    if chosen is not None:
        return np.asarray(context.data.rows[np.asarray(chosen, int)])
    count = context.config.whole("n_background_samples", ROWS)
    return context.data.sample(count, np.random.default_rng(SEED))
