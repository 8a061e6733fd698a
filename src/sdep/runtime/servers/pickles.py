"""Estimators in the two formats in which MLflow stores them."""

from __future__ import annotations

import os
import pickle
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def unpickled(path: Path, flavor: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any estimator
    """`flavor` is its entry of the `MLmodel` file."""
    if flavor.get("serialization_format") == "skops":
        return import_module("skops.io").load(path, trusted=flavor.get("skops_trusted_types"))
    with path.open("rb") as file:
        return pickle.load(file)  # noqa: S301 - serving a model means running it: its registry is trusted


def pickles_are_allowed() -> bool:
    """MLflow's own switch."""
    return os.environ.get("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true").lower() in {"true", "1"}
