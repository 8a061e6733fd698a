"""KernelSHAP (Lundberg and Lee 2017) for any model: Shapley values from a weighted regression over coalitions of features.

With few features, for which every coalition is asked about, they are exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.explain.background import Background, background
from sdep.runtime.explain.coalitions import coalitions
from sdep.runtime.explain.context import MOST_VALUES
from sdep.runtime.explain.shapley import Shapley, shapley_explanation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdep.runtime.explain.context import Context
    from sdep.runtime.explain.explanation import Explanation

Array = np.ndarray[Any, Any]

NAME = "KernelShap"
BUDGET = 2048
"""Coalitions beside two for each feature, as the shap library has it; v1's `nsamples` sets their number."""


def check(context: Context) -> None:
    background(context)
    context.config.whole("nsamples", BUDGET, 2)


def explain(rows: Array, context: Context) -> Explanation:
    return shapley_explanation(NAME, "blackbox", rows, context, values(rows, context))


def values(rows: Array, context: Context) -> Shapley:
    behind = background(context)
    known = context.scores(np.concatenate([rows, behind.rows]))
    predicted, base = known[: len(rows)], behind.weights @ known[len(rows) :]
    varying = [np.flatnonzero((behind.rows != row).any(axis=0)) for row in rows]
    found = np.zeros((len(rows), rows.shape[1], known.shape[1]))
    for width in {len(each) for each in varying}:
        chosen = [index for index, each in enumerate(varying) if len(each) == width]
        if width == 1:
            found[chosen, [varying[index][0] for index in chosen]] = predicted[chosen] - base
        elif width > 1:
            features = np.array([varying[index] for index in chosen])
            solved = _solved(rows[chosen], features, behind, predicted[chosen] - base, base, context)
            for index, each, solution in zip(chosen, features, solved, strict=True):
                found[index, each] = solution
    return Shapley(found, base, predicted)


def _solved(
    rows: Array, features: Array, behind: Background, gain: Array, base: Array, context: Context
) -> Iterator[Array]:
    """For each row the values of its features (features, outputs): of all rows that vary in so many of them."""
    width = features.shape[1]
    budget = context.config.whole("nsamples", 2 * width + BUDGET, 2)
    masks, weights, _ = coalitions(width, budget, context.rng())
    means = _means(rows, features, masks, behind, context) - base
    last, lead = masks[:, -1:].astype(float), masks[:, :-1].astype(float) - masks[:, -1:]
    weighted = lead * weights[:, None]
    for each, wanted in zip(means, gain, strict=True):
        solution = np.linalg.lstsq(weighted.T @ lead, weighted.T @ (each - last * wanted), rcond=None)[0]
        yield np.concatenate([solution, [wanted - solution.sum(axis=0)]])


def _means(rows: Array, features: Array, masks: Array, behind: Background, context: Context) -> Array:
    """The mean answer to each coalition of each row over the background: (rows, coalitions, outputs), few calls for all."""
    jobs = [(row, mask) for row in range(len(rows)) for mask in range(len(masks))]
    size = max(1, MOST_VALUES // behind.rows.size)
    parts = [
        _asked(jobs[start : start + size], rows, features, masks, behind, context)
        for start in range(0, len(jobs), size)
    ]
    return np.concatenate(parts).reshape(len(rows), len(masks), -1)


def _asked(
    jobs: list[tuple[int, int]], rows: Array, features: Array, masks: Array, behind: Background, context: Context
) -> Array:
    made = np.repeat(behind.rows[None], len(jobs), axis=0)
    for place, (row, mask) in enumerate(jobs):
        own = features[row][masks[mask]]
        made[place][:, own] = rows[row, own]
    answers = context.scores(made.reshape(-1, behind.rows.shape[1]))
    return np.asarray(answers.reshape(len(jobs), len(behind.rows), -1).transpose(0, 2, 1) @ behind.weights)
