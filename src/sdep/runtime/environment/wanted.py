"""What an MLflow model asks of its environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REQUIREMENTS, CONDA, PYTHON_ENV = "requirements.txt", "conda.yaml", "python_env.yaml"
_PACKAGES = {
    "mlflow.sklearn": {"scikit-learn"},
    "mlflow.xgboost": {"xgboost"},
    "mlflow.lightgbm": {"lightgbm"},
    "mlflow.catboost": {"catboost"},
    "mlflow.statsmodels": {"statsmodels"},
    "mlflow.onnx": {"onnxruntime", "onnxruntime-gpu"},
    "mlflow.pytorch": {"torch"},
    "mlflow.tensorflow": {"tensorflow"},
    "mlflow.keras": {"keras"},
    "mlflow.prophet": {"prophet"},
    "mlflow.pmdarima": {"pmdarima"},
    "mlflow.spacy": {"spacy"},
    "mlflow.transformers": {"transformers"},
}
"""What reads the model's files, by MLflow's loader: of these the versions decide. Of any other loader all requirements do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`lines` are all requirements as written; `packages` names those that decide, None for all of them.

    `python` is the version that the model was saved with where its files hold code of that version, else "".
    """

    lines: tuple[str, ...]
    python: str
    saved_with: str
    packages: frozenset[str] | None


def read_wanted(directory: Path) -> Wanted | None:
    """None for a folder that is no MLflow model, or says nothing of its environment."""
    try:
        mlmodel = yaml.safe_load((directory / "MLmodel").read_text())
    except OSError:
        return None
    flavor: Mapping[str, Any] = mlmodel.get("flavors", {}).get("python_function") or {}
    lines = _lines(directory)
    packages = _PACKAGES.get(str(flavor.get("loader_module")))
    own_code = packages is None or bool(flavor.get("code"))
    saved_with = str(flavor.get("python_version") or _python(directory))
    if not lines and not saved_with:
        return None
    return Wanted(lines, saved_with if own_code else "", saved_with, None if own_code else frozenset(packages or ()))


def _lines(directory: Path) -> tuple[str, ...]:
    """Those of requirements.txt; of an older MLflow, of the list `pip` in conda.yaml."""
    try:
        written = (directory / REQUIREMENTS).read_text().splitlines()
    except OSError:
        written = [line for part in _conda(directory) if isinstance(part, dict) for line in part.get("pip", ())]
    bare = (line.partition(" #")[0].strip() for line in written)
    return tuple(line for line in bare if line and not line.startswith("#"))


def _python(directory: Path) -> str:
    try:
        return str(yaml.safe_load((directory / PYTHON_ENV).read_text()).get("python", ""))
    except OSError:
        pinned = [part for part in _conda(directory) if isinstance(part, str) and part.startswith("python=")]
        return pinned[0].partition("=")[2].strip("=") if pinned else ""


def _conda(directory: Path) -> list[Any]:
    try:
        return list(yaml.safe_load((directory / CONDA).read_text()).get("dependencies", ()))
    except OSError:
        return []
