"""TreeSHAP: exact Shapley values of trees, from the model itself: XGBoost's and LightGBM's own, ours for scikit-learn's."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.explain.ensembles import ensemble_of
from sdep.runtime.explain.errors import NotExplainableError
from sdep.runtime.explain.shapley import Shapley, shapley_explanation
from sdep.runtime.explain.steps import steps_of
from sdep.runtime.explain.trees import expected, leaves_of, shapley_values

if TYPE_CHECKING:
    from sdep.runtime.explain.context import Context
    from sdep.runtime.explain.explanation import Explanation

Array = np.ndarray[Any, Any]
Values = Callable[[Array], Shapley]

NAME = "TreeShap"
CUBE = 3


def check(context: Context) -> None:
    """Takes the model apart, which is done once."""
    if context.config.flag("interactions"):
        raise NotExplainableError("explainer.config.interactions is not done here: leave it out")
    _values(context)


def explain(rows: Array, context: Context) -> Explanation:
    return shapley_explanation(NAME, "whitebox", rows, context, _values(context)(rows))


def _values(context: Context) -> Values:
    return context.once(NAME, lambda: _of_model(context.native()))


def _of_model(model: Any) -> Values:  # noqa: ANN401 - any model
    if model is None:
        raise NotExplainableError(
            "TreeShap needs the model itself, and the explainer has only its address: use KernelShap"
        )
    steps = steps_of(model, NAME)
    values = _of_trees(steps.model)
    return lambda rows: values(steps.transform(rows))


def _of_trees(model: Any) -> Values:  # noqa: ANN401 - as above
    library = type(model).__module__.partition(".")[0]
    if library == "xgboost":
        return _xgboost(model.get_booster() if hasattr(model, "get_booster") else model)
    if library == "lightgbm":
        return _lightgbm(getattr(model, "booster_", model))
    ensemble = ensemble_of(model)
    if ensemble is None:
        raise NotExplainableError(f"TreeShap takes trees, and the model is a {type(model).__name__}: use KernelShap")
    leaves = leaves_of(ensemble.trees)
    base = expected(leaves) + ensemble.offset

    def values(rows: Array) -> Shapley:
        seen = rows.astype(np.float32).astype(np.float64) if ensemble.single else rows
        found = shapley_values(leaves, seen)
        return Shapley(found, base, base + found.sum(axis=1), ensemble.link)

    return values


def _xgboost(booster: Any) -> Values:  # noqa: ANN401 - untyped without the library
    """In one thread: requests have few rows, for which several threads wait for each other longer than they compute."""
    matrix = import_module("xgboost").DMatrix
    booster.set_param({"nthread": 1})
    link = "logit" if '"binary:logistic"' in booster.save_config() or '"multi:' in booster.save_config() else "identity"

    def values(rows: Array) -> Shapley:
        found = booster.predict(matrix(rows, nthread=1), pred_contribs=True, validate_features=False).astype(np.float64)
        return _split(found if found.ndim == CUBE else found[:, None, :], link)

    return values


def _lightgbm(booster: Any) -> Values:  # noqa: ANN401 - as above
    """In one thread, as above."""
    objective = str(booster.dump_model(num_iteration=1).get("objective", ""))
    link = "logit" if objective.startswith(("binary", "multiclass")) else "identity"

    def values(rows: Array) -> Shapley:
        found = booster.predict(rows, pred_contrib=True, num_threads=1)
        return _split(found.reshape(len(rows), -1, booster.num_feature() + 1), link)

    return values


def _split(found: Array, link: str) -> Shapley:
    """Both libraries give (rows, outputs, features), with the base as one more feature."""
    return Shapley(found[:, :, :-1].transpose(0, 2, 1), found[0, :, -1], found.sum(axis=2), link)
