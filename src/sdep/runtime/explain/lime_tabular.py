"""LIME for tables (Ribeiro, Singh and Guestrin 2016): a weighted linear model of the answers around one row.

A feature is described by whether it is in the row's quarter of the data, or has its category; values are drawn from the reference data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sdep.runtime.explain.anchors.conditions import conditions_of, written
from sdep.runtime.explain.data import bins
from sdep.runtime.explain.explanation import Bar, Explanation, Picture, shown

if TYPE_CHECKING:
    from sdep.runtime.explain.context import Context

Array = np.ndarray[Any, Any]

NAME = "LimeTabular"
SAMPLES = 5000
RIDGE = 1.0


class Local(NamedTuple):
    """`weights` (features) and `intercept` of the linear model; `score` is its weighted share of explained variance."""

    weights: Array
    intercept: float
    score: float
    predicted: float
    local: float
    output: int


def check(context: Context) -> None:
    context.config.whole("num_samples", SAMPLES, 10)
    len(context.data)


def explain(rows: Array, context: Context) -> Explanation:
    """Of the first row."""
    found, names = local(rows[0], context), context.data.names
    order = np.argsort(-np.abs(found.weights), kind="stable")
    order = order[: context.config.whole("num_features", len(names))]
    said = written(conditions_of(rows[0], context.data, context.data.quarters), names)
    said_of = {name: next((line for line in said if name in line.split(" ")), name) for name in names}
    data = {
        "feature_names": names,
        "base_value": found.intercept,
        "contributions": found.weights,
        "conditions": [said_of[names[each]] for each in order],
        "ranked": [[said_of[names[each]], found.weights[each]] for each in order],
        "prediction": found.predicted,
        "local_prediction": found.local,
        "score": found.score,
        "output": found.output,
        "raw": {"instance": rows[0], "instances": rows[:1]},
    }
    bars = [Bar(names[each], float(found.weights[each]), f"= {shown(rows[0][each])}") for each in order]
    note = f"prediction {shown(found.predicted)}, of the linear model {shown(found.local)}; it explains {100 * found.score:.3g} %"
    params = {"num_samples": context.config.whole("num_samples", SAMPLES), "seed": context.seed}
    picture = Picture("LIME: what the model does around this row", [note], bars)
    return Explanation(name=NAME, data=data, picture=picture, params=params)


def local(row: Array, context: Context) -> Local:
    samples, same = _around(row, context)
    scores = context.scores(samples)
    output = int(scores[0].argmax())
    answers = scores[:, output]
    width = context.config.number("kernel_width", 0.75 * np.sqrt(len(row)), 0)
    distance = np.sqrt((~same).sum(axis=1))
    weights = np.sqrt(np.exp(-(distance**2) / width**2))
    coefficients, intercept = _ridge(same.astype(float), answers, weights)
    fitted = same @ coefficients + intercept
    mean = np.average(answers, weights=weights)
    spread = float((weights * (answers - mean) ** 2).sum())
    score = 1 - float((weights * (answers - fitted) ** 2).sum()) / spread if spread else 1.0
    return Local(coefficients, intercept, score, float(answers[0]), float(fitted[0]), output)


def _around(row: Array, context: Context) -> tuple[Array, Array]:
    """Rows with each feature drawn by itself from the data, the first of them `row`; and where they are in its bins."""
    data, rng = context.data, context.rng()
    count = context.config.whole("num_samples", SAMPLES, 10)
    samples = np.empty((count, data.width), data.rows.dtype)
    same = np.empty((count, data.width), bool)
    for feature in range(data.width):
        samples[:, feature] = data.rows[rng.integers(len(data), size=count), feature]
        samples[0, feature] = row[feature]
        if data.numeric[feature]:
            found = bins(samples[:, feature], data.quarters[feature])
            same[:, feature] = found == found[0]
        else:
            same[:, feature] = samples[:, feature] == row[feature]
    return samples, same


def _ridge(features: Array, answers: Array, weights: Array) -> tuple[Array, float]:
    """Weighted, with an intercept that is not shrunk."""
    total = weights.sum()
    middle, mean = weights @ features / total, float(weights @ answers / total)
    centred = features - middle
    gram = (centred * weights[:, None]).T @ centred + RIDGE * np.eye(features.shape[1])
    coefficients = np.linalg.solve(gram, (centred * weights[:, None]).T @ (answers - mean))
    return coefficients, mean - float(middle @ coefficients)
