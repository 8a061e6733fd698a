"""Permutation importance (Breiman 2001): how much worse the model predicts when one feature's values are shuffled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.explain.errors import NotExplainableError
from sdep.runtime.explain.explanation import Bar, Explanation, Picture, shown

if TYPE_CHECKING:
    from sdep.runtime.explain.context import Context

Array = np.ndarray[Any, Any]

NAME = "PermutationImportance"
REPEATS = 10
ROWS = 1000


def check(context: Context) -> None:
    context.config.whole("n_repeats", REPEATS)
    _truth(context)


def explain(_: Array, context: Context) -> Explanation:
    """Of the model over its reference data, whatever row is sent."""
    samples, metric, least = importances(context)
    names = context.data.names
    said = [{"mean": each.mean(), "std": each.std(), "samples": each} for each in samples]
    data = {"feature_names": names, "metric_names": [metric], "feature_importance": [said], "loss": least}
    order = np.argsort(-samples.mean(axis=1), kind="stable")
    bars = [Bar(names[each], float(samples[each].mean()), f"± {shown(float(samples[each].std()))}") for each in order]
    note = f"{metric} is {shown(least)} as it is, and more by this when a feature is shuffled"
    picture = Picture("Permutation importance", [note], bars)
    params = {"n_repeats": samples.shape[1], "seed": context.seed, "rows": min(ROWS, len(context.data))}
    return Explanation(name=NAME, data=data, picture=picture, params=params, explanations=("global",))


def importances(context: Context) -> tuple[Array, str, float]:
    """(features, repeats): the loss with the feature shuffled, less the loss without; the loss' name; the loss itself."""
    rng, data = context.rng(), context.data
    chosen = np.arange(len(data)) if len(data) <= ROWS else np.sort(rng.choice(len(data), ROWS, replace=False))
    rows, truth = data.rows[chosen], _truth(context)[chosen]
    repeats = context.config.whole("n_repeats", REPEATS)
    asked = [rows]
    for feature in range(data.width):
        for _ in range(repeats):
            shuffled = rows.copy()
            shuffled[:, feature] = rng.permutation(rows[:, feature])
            asked.append(shuffled)
    labels = context.sameness().labels
    answers = np.split(labels(context.answers(np.concatenate(asked))), len(asked))
    numbers = truth.dtype.kind == "f" and answers[0].dtype.kind == "f"
    losses = np.array([_squared(truth, each) if numbers else _wrong(truth, each) for each in answers])
    name = "mean squared error" if numbers else "share of wrong predictions"
    return losses[1:].reshape(data.width, repeats) - losses[0], name, float(losses[0])


def _squared(truth: Array, answers: Array) -> float:
    return float(np.mean((truth - answers) ** 2))


def _wrong(truth: Array, answers: Array) -> float:
    return float(np.mean(truth != answers))


def _truth(context: Context) -> Array:
    if context.data.outputs is None:
        raise NotExplainableError(
            "PermutationImportance compares predictions with the truth, and the reference data has no outputs: "
            "log the dataset with its targets"
        )
    return context.data.outputs.reshape(-1)
