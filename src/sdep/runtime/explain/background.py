"""The rows that stand for "this feature is not known": what Shapley values are taken against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from sdep.runtime.explain.context import Context
    from sdep.runtime.explain.data import Data

Array = np.ndarray[Any, Any]

ROWS = 100
"""v1's `n_background_samples`, where nobody says how many."""
SEED = 0


class Background(NamedTuple):
    """`weights` sum to 1."""

    rows: Array
    weights: Array


def background(context: Context) -> Background:
    """What `fit` chose, else a sample of the reference data that is always the same."""
    chosen = context.ahead.get("background")
    if chosen is not None:
        return Background(np.array(chosen["rows"], dtype=context.data.rows.dtype), np.array(chosen["weights"], float))
    count = context.config.whole("n_background_samples", ROWS)
    return _alike(context.data.sample(count, np.random.default_rng(SEED)))


def representatives(data: Data, count: int) -> Background:
    """For each of `count` clusters the row that is nearest to its middle, which weighs what the cluster does.

    Only numbers are compared, each column by its spread; text plays no part in it.
    """
    if len(data) <= count or not any(data.numeric):
        return _alike(data.sample(count, np.random.default_rng(SEED)))
    from sklearn.cluster import MiniBatchKMeans  # noqa: PLC0415 - for who fits

    columns = [data.column(each) for each, numbers in enumerate(data.numeric) if numbers]
    points = np.nan_to_num(np.column_stack([(each - np.nanmean(each)) / (np.nanstd(each) or 1.0) for each in columns]))
    found = MiniBatchKMeans(count, random_state=SEED, n_init=1).fit(points)
    sizes = np.bincount(found.labels_, minlength=count)
    full = np.flatnonzero(sizes)
    nearest = [int(((points - found.cluster_centers_[each]) ** 2).sum(axis=1).argmin()) for each in full]
    return Background(data.rows[nearest], sizes[full] / len(points))


def _alike(rows: Array) -> Background:
    return Background(rows, np.full(len(rows), 1 / len(rows)))
