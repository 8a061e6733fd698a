"""The models that every server serves, saved once by MLflow."""

from __future__ import annotations

import logging
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from mlflow.sklearn import save_model
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression

from sdep.contract import model_directory

FEATURES = {"one": 1, "three": 3, "other": 3, "forest": 3}
"""Features by model: linear regressions, and a forest that computes for about two milliseconds."""
_TREES = 100


def train(root: Path) -> None:
    """Save each below `root` where the runtime looks, and as a pickle beside it, for servers that know no MLflow."""
    logging.getLogger("mlflow").setLevel(logging.ERROR)  # what a saved environment lacks does not matter here
    for name, width in FEATURES.items():
        features = pd.DataFrame(np.random.default_rng(0).normal(size=(200, width)), columns=columns(name))
        model = RandomForestRegressor(_TREES, random_state=0) if name == "forest" else LinearRegression()
        model.fit(features, features.sum(axis=1))
        save_model(
            model,
            folder(root, name),
            signature=infer_signature(features, model.predict(features)),
            input_example=features.head(1),
            pip_requirements=["scikit-learn"],
            serialization_format="cloudpickle",
        )
        (root / f"{name}.pickle").write_bytes(pickle.dumps(model))


def columns(name: str) -> list[str]:
    return [f"f{index}" for index in range(FEATURES[name])]


def rows(name: str, count: int) -> list[list[float]]:
    """The same rows for everybody."""
    drawn = np.random.default_rng(1).normal(size=(count, FEATURES[name]))
    return [[round(value, 3) for value in row] for row in drawn.tolist()]


def folder(root: Path, name: str) -> Path:
    return root / model_directory(name).lstrip("/")
