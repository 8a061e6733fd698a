"""The models that are explained, and their data: a rule, interactions and noise in eight features."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import lightgbm
import mlflow.lightgbm
import mlflow.sklearn
import mlflow.xgboost
import numpy as np
import pandas as pd
import xgboost
from mlflow.models import infer_signature
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression

from sdep.contract import model_directory
from sdep.runtime.reference.reference import FOLDER, Reference, save_reference

Array = np.ndarray[Any, Any]

FEATURES = 8
NAMES = tuple(f"f{each}" for each in range(FEATURES))
_rng = np.random.default_rng(11)
ROWS: Array = _rng.normal(size=(3000, FEATURES))
PRICE: Array = 2 * ROWS[:, 0] + np.sin(2 * ROWS[:, 1]) + ROWS[:, 2] * ROWS[:, 3] + 0.1 * _rng.normal(size=len(ROWS))
RISING: Array = np.where((ROWS[:, 0] > 0) & (ROWS[:, 1] < 1), 1, 0)
REFERENCE = Reference(NAMES, tuple(ROWS.T), PRICE)

TREES: Mapping[str, Callable[[], Any]] = {
    "xgboost": lambda: xgboost.XGBRegressor(n_estimators=100, max_depth=6, n_jobs=1).fit(ROWS, PRICE),
    "lightgbm": lambda: lightgbm.LGBMRegressor(n_estimators=100, n_jobs=1, verbose=-1).fit(ROWS, PRICE),
    "forest": lambda: RandomForestRegressor(100, max_depth=8, random_state=0).fit(ROWS, PRICE),
    "deep forest": lambda: RandomForestRegressor(100, random_state=0).fit(ROWS, PRICE),
    "boosting": lambda: GradientBoostingRegressor(random_state=0).fit(ROWS, PRICE),
    "classes": lambda: RandomForestClassifier(50, max_depth=6, random_state=0).fit(ROWS, RISING),
}


def linear() -> LinearRegression:
    return LinearRegression().fit(ROWS, PRICE)


def save(root: Path, name: str, model: Any) -> None:  # noqa: ANN401 - any estimator
    """As MLflow does, below `root` as it is below `/` in a pod, beside its reference data."""
    folder = root / model_directory(name).lstrip("/")
    frame = pd.DataFrame(ROWS[:50], columns=list(NAMES))
    library = type(model).__module__.partition(".")[0]
    flavor = {"xgboost": mlflow.xgboost, "lightgbm": mlflow.lightgbm}.get(library, mlflow.sklearn)
    options: dict[str, Any] = {"serialization_format": "cloudpickle"} if flavor is mlflow.sklearn else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own
        signature = infer_signature(frame, model.predict(ROWS[:50]))
        flavor.save_model(model, str(folder), signature=signature, pip_requirements=[library], **options)
    save_reference(folder / FOLDER, REFERENCE)
