"""XGBoost models, from MLflow's folders and from the library's own files."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.errors import LoadError
from sdep.runtime.servers.boosted import Boosted
from sdep.runtime.servers.native import NativeModel
from sdep.runtime.servers.signature import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Array = np.ndarray[Any, Any]

XGBOOST_FILES = ("model.bst", "model.ubj", "model.json")


def xgboost_of_mlflow(directory: Path, flavor: Mapping[str, Any], method: str) -> Boosted | None:
    """None for a class that is not the library's own, or that has no such method."""
    module, _, name = str(flavor.get("model_class", "xgboost.core.Booster")).rpartition(".")
    if module.partition(".")[0] != "xgboost":
        return None
    model = getattr(import_module(module), name)()
    model.load_model(directory / flavor["data"])
    if name == "Booster":
        direct = _direct(model)
        return Boosted(_careful(model), direct, model.num_features(), "xgboost") if method == "predict" else None
    bound = getattr(model, method, None)
    return Boosted(bound, bound, model.n_features_in_, "xgboost") if bound is not None else None


def _careful(booster: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - untyped without the library
    matrix = import_module("xgboost").DMatrix
    return lambda rows: booster.predict(matrix(rows))


def _direct(booster: Any) -> Callable[[Array], Array]:  # noqa: ANN401 - as above
    """Without the copy into the library's own matrix."""
    return lambda rows: np.asarray(booster.inplace_predict(rows, validate_features=False))


def load_xgboost(unit: str, directory: Path) -> NativeModel:
    """Raw booster output, as v1 gives it."""
    path = next((directory / name for name in XGBOOST_FILES if (directory / name).is_file()), None)
    if path is None:
        raise LoadError(unit, f"{directory} holds none of MLmodel, {', '.join(XGBOOST_FILES)}")
    booster = import_module("xgboost").Booster()
    booster.load_model(path)
    width = booster.num_features()
    return NativeModel(_nameless(booster), UNKNOWN, None, "xgboost", width)


def _nameless(booster: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - as above
    matrix = import_module("xgboost").DMatrix
    return lambda rows: booster.predict(matrix(rows), validate_features=False)
