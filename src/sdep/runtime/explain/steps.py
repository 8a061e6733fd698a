"""A pipeline taken apart: what is done to each column by itself, and the model that sees what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from sdep.runtime.explain.errors import NotExplainableError
from sdep.runtime.servers.sklearn import nameless

Array = np.ndarray[Any, Any]

BY_COLUMN = frozenset(
    {
        "StandardScaler",
        "MinMaxScaler",
        "MaxAbsScaler",
        "RobustScaler",
        "SimpleImputer",
        "PowerTransformer",
        "QuantileTransformer",
    }
)
"""Steps after which the columns are still those that the client sends."""


class Steps(NamedTuple):
    """`linear` is whether the transformation has the same slope everywhere."""

    transform: Callable[[Array], Array]
    model: Any
    linear: bool = True


def steps_of(model: Any, method: str) -> Steps:  # noqa: ANN401 - any estimator
    """`NotExplainableError` where the model sees other columns than the client sends."""
    if not hasattr(model, "steps"):
        return Steps(_numbers, model)
    model = nameless(model)
    before = [step for _, step in model.steps[:-1] if step not in (None, "passthrough")]
    other = next((type(step).__name__ for step in before if type(step).__name__ not in BY_COLUMN), "")
    if other:
        raise NotExplainableError(
            f"{method} sees the columns behind the pipeline's step {other}, which are not those that clients send: use KernelShap"
        )

    def transform(rows: Array) -> Array:
        found = _numbers(rows)
        for step in before:
            found = np.asarray(step.transform(found))
        return found

    linear = not any(type(step).__name__ in {"PowerTransformer", "QuantileTransformer"} for step in before)
    return Steps(transform, model.steps[-1][1], linear)


def _numbers(rows: Array) -> Array:
    try:
        return rows.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise NotExplainableError("the model was fitted on numbers, and the rows hold text") from error
