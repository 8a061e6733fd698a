"""The estimator or booster itself, from the folder of a model: what TreeShap and IntegratedGradients look into."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import yaml

from sdep.runtime.servers.load import SKLEARN_FILES
from sdep.runtime.servers.mlflow import MLMODEL
from sdep.runtime.servers.pickles import pickles_are_allowed, unpickled
from sdep.runtime.servers.xgboost import XGBOOST_FILES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SKLEARN, XGBOOST, MLFLOW = "SKLEARN_SERVER", "XGBOOST_SERVER", "MLFLOW_SERVER"


def implementation_of(directory: Path) -> str:
    """Which of v1's servers reads what is in the folder."""
    if (directory / MLMODEL).is_file():
        return MLFLOW
    return XGBOOST if _first(directory, XGBOOST_FILES) else SKLEARN


def native_model(directory: Path) -> Any:  # noqa: ANN401 - any estimator
    """None for a flavour that none of the methods looks into."""
    if not (directory / MLMODEL).is_file():
        return _bare(directory)
    flavors: Mapping[str, Any] = yaml.safe_load((directory / MLMODEL).read_text()).get("flavors", {})
    if "sklearn" in flavors and pickles_are_allowed():
        return unpickled(directory / flavors["sklearn"]["pickled_model"], flavors["sklearn"])
    if "xgboost" in flavors:
        return _xgboost(directory / flavors["xgboost"]["data"])
    if "lightgbm" in flavors:
        return _lightgbm(directory / flavors["lightgbm"]["data"], flavors["lightgbm"])
    return None


def _bare(directory: Path) -> Any:  # noqa: ANN401 - as above
    if path := _first(directory, XGBOOST_FILES):
        return _xgboost(path)
    path = _first(directory, SKLEARN_FILES)
    return import_module("joblib").load(path) if path else None


def _first(directory: Path, names: tuple[str, ...]) -> Path | None:
    return next((directory / name for name in names if (directory / name).is_file()), None)


def _xgboost(path: Path) -> Any:  # noqa: ANN401 - untyped without the library
    booster = import_module("xgboost").Booster()
    booster.load_model(path)
    return booster


def _lightgbm(path: Path, flavor: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as above
    """Scikit-learn's wrappers are pickled, the booster itself is text."""
    if str(flavor.get("model_class", "")).startswith("lightgbm.sklearn") and pickles_are_allowed():
        return unpickled(path, flavor)
    return import_module("lightgbm").Booster(model_file=path)
