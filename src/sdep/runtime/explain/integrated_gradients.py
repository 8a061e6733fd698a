"""Integrated gradients (Sundararajan, Taly and Yan 2017): the slopes of the model on the way from a baseline to the row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sdep.runtime.explain.errors import NotExplainableError
from sdep.runtime.explain.explanation import Bar, Explanation, Picture, shown
from sdep.runtime.explain.gradients import Smooth, smooth
from sdep.runtime.explain.steps import steps_of

if TYPE_CHECKING:
    from sdep.runtime.explain.context import Context

Array = np.ndarray[Any, Any]

NAME = "IntegratedGradients"
POINTS = 50
"""v1's `n_steps`, for its method `gausslegendre`."""
_NETWORKS = ("torch", "keras", "tensorflow")


class Attributions(NamedTuple):
    """`values` (rows, features, outputs) sum to `predicted` minus `base`, both (rows, outputs)."""

    values: Array
    base: Array
    predicted: Array
    baseline: Array


def check(context: Context) -> None:
    context.config.whole("n_steps", POINTS)
    context.once(NAME, lambda: _model(context))


def explain(rows: Array, context: Context) -> Explanation:
    found = attributions(rows, context)
    names, chosen = context.feature_names(rows.shape[1]), found.predicted.argmax(axis=1)
    values = np.take_along_axis(found.values, chosen[:, None, None], axis=2)[:, :, 0]
    ends = [np.take_along_axis(each, chosen[:, None], axis=1)[:, 0] for each in (found.predicted, found.base)]
    data = {
        "attributions": [values],
        "X": rows,
        "forward_kwargs": [{}] * len(rows),
        "baselines": [np.repeat(found.baseline[None], len(rows), axis=0)],
        "predictions": found.predicted,
        "deltas": values.sum(axis=1) - (ends[0] - ends[1]),
        "target": chosen,
        "feature_names": names,
        "base_value": ends[1],
    }
    bars = [
        Bar(names[each], float(values[0, each]), f"= {shown(rows[0][each])}") for each in np.argsort(-np.abs(values[0]))
    ]
    note = f"base {shown(ends[1][0])} + contributions = {shown(ends[0][0])}"
    params = {"method": "gausslegendre", "n_steps": context.config.whole("n_steps", POINTS)}
    picture = Picture("Integrated gradients: what each feature adds on the way from the baseline", [note], bars)
    return Explanation(name=NAME, kind="whitebox", data=data, picture=picture, params=params)


def attributions(rows: Array, context: Context) -> Attributions:
    model, transform = context.once(NAME, lambda: _model(context))
    baseline = _baseline(rows, context)
    start, ends = transform(baseline[None]), transform(rows)
    points, weights = np.polynomial.legendre.leggauss(context.config.whole("n_steps", POINTS))
    total = np.zeros((*rows.shape, model.answers(start).shape[1]))
    for point, weight in zip((points + 1) / 2, weights / 2, strict=True):
        total += weight * model.slopes(start + point * (ends - start))
    values = total * (ends - start)[:, :, None]
    return Attributions(values, np.repeat(model.answers(start), len(rows), axis=0), model.answers(ends), baseline)


def _baseline(rows: Array, context: Context) -> Array:
    """The mean of the reference data; zeros where there is none, or `baseline` says so, as in v1."""
    if context.reference is None or context.config.text("baseline", "mean") == "zeros":
        return np.zeros(rows.shape[1])
    return np.asarray(context.data.rows.astype(float).mean(axis=0))


def _model(context: Context) -> tuple[Smooth, Any]:
    model = context.native()
    if model is None:
        raise NotExplainableError(
            f"{NAME} needs the model itself, and the explainer has only its address: use KernelShap"
        )
    steps = steps_of(model, NAME)
    found = smooth(steps.model)
    kind, library = type(steps.model).__name__, type(steps.model).__module__.partition(".")[0]
    if library in _NETWORKS:
        raise NotExplainableError(
            f"{NAME} takes no gradients of {library} here, whose package this image lacks: use KernelShap"
        )
    if found is None or not steps.linear:
        raise NotExplainableError(
            f"{NAME} needs gradients: scikit-learn's linear and logistic models and perceptrons have them, a {kind} has none here: "
            "use TreeShap for trees, else KernelShap"
        )
    return found, steps.transform
