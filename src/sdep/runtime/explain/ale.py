"""Accumulated local effects (Apley and Zhu 2020): how the prediction moves with one feature, the others as the data has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sdep.runtime.explain.errors import NotExplainableError
from sdep.runtime.explain.explanation import Curve, Explanation, Picture

if TYPE_CHECKING:
    from sdep.runtime.explain.context import Context

Array = np.ndarray[Any, Any]

NAME = "ALE"
POINTS = 21
ROWS = 2000


class Effect(NamedTuple):
    """`values` (points, outputs) have the mean 0 over the data."""

    points: Array
    values: Array


def check(context: Context) -> None:
    if not any(context.data.numeric):
        raise NotExplainableError("ALE follows numbers, and no feature of the reference data is one")
    context.config.whole("max_points", POINTS, 2)


def explain(_: Array, context: Context) -> Explanation:
    """Of the model over its reference data, whatever row is sent."""
    features = [each for each, numbers in enumerate(context.data.numeric) if numbers]
    found, mean = effects(features, context)
    names = [context.data.names[each] for each in features]
    data = {
        "ale_values": [each.values for each in found],
        "constant_value": mean,
        "ale0": [each.values[0] for each in found],
        "feature_values": [each.points for each in found],
        "feature_names": names,
        "target_names": context.labels or [f"c{output}" for output in range(len(mean))],
        "feature_deciles": [np.percentile(context.data.column(each), range(0, 101, 10)) for each in features],
    }
    output = len(mean) - 1
    curves = [
        Curve(name, each.points.tolist(), each.values[:, output].tolist())
        for name, each in zip(names, found, strict=True)
    ]
    picture = Picture("ALE: how the prediction moves with each feature", [], [], curves)
    return Explanation(name=NAME, data=data, picture=picture, explanations=("global",))


def effects(features: list[int], context: Context) -> tuple[list[Effect], Array]:
    """For each feature of numbers; and the mean of all predictions. One call of the model, if its size allows."""
    rows = context.data.sample(ROWS, np.random.default_rng(0))
    asked, grids = [rows], []
    shares = np.linspace(0, 1, context.config.whole("max_points", POINTS, 2))
    for feature in features:
        values = rows[:, feature].astype(np.float64)
        points = np.unique(np.quantile(values, shares, method="inverted_cdf"))
        place = np.clip(np.searchsorted(points, values, side="left"), 1, max(1, len(points) - 1))
        grids.append((points, place))
        for side in (place - 1, np.minimum(place, len(points) - 1)):
            moved = rows.copy()
            moved[:, feature] = points[side]
            asked.append(moved)
    scores = np.split(context.scores(np.concatenate(asked)), len(asked))
    found = [_accumulated(*grid, scores[2 * at + 2] - scores[2 * at + 1]) for at, grid in enumerate(grids)]
    return found, scores[0].mean(axis=0)


def _accumulated(points: Array, place: Array, change: Array) -> Effect:
    """The mean change in each interval, summed up, and centred so that the data has the mean 0."""
    counts = np.bincount(place, minlength=len(points))[1:]
    sums = np.stack([np.bincount(place, each, len(points))[1:] for each in change.T], axis=1)
    values = np.vstack([np.zeros((1, change.shape[1])), np.cumsum(sums / np.maximum(counts, 1)[:, None], axis=0)])
    middles = (values[1:] + values[:-1]) / 2
    return Effect(points, values - (counts[:, None] * middles).sum(axis=0) / max(1, counts.sum()))
