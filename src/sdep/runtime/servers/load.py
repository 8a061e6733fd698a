"""From a unit of the graph to its loaded model."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from sdep.runtime.errors import LoadError
from sdep.runtime.servers.mlflow import MLMODEL, load_mlflow
from sdep.runtime.servers.parameters import asked_method, parameters
from sdep.runtime.servers.signature import UNKNOWN
from sdep.runtime.servers.sklearn import sklearn_model
from sdep.runtime.servers.xgboost import load_xgboost

if TYPE_CHECKING:
    from pathlib import Path

    from sdep.contract import ServedUnit
    from sdep.runtime.servers.model import Model
    from sdep.runtime.servers.native import NativeModel

SKLEARN_FILES = ("model.joblib", "model.pkl", "model.pickle")
PROBABILITIES = "predict_proba"


def load_model(unit: ServedUnit, directory: Path) -> Model:
    """Load what the folder holds. An `MLmodel` file says it best; without one the implementation does.

    `LoadError`, in one sentence that names the unit, for whatever goes wrong: missing files, packages, classes.
    """
    try:
        return _load(unit, directory)
    except LoadError:
        raise
    except ModuleNotFoundError as error:
        raise LoadError(
            unit.name, f"the model needs the package '{error.name}', which this image does not have"
        ) from error
    except Exception as error:
        raise LoadError(unit.name, f"could not load {directory}: {type(error).__name__}: {error}") from error


def _load(unit: ServedUnit, directory: Path) -> Model:
    given = parameters(unit)
    sklearn = unit.implementation == "SKLEARN_SERVER"
    if (directory / MLMODEL).is_file():
        return load_mlflow(unit.name, directory, given, PROBABILITIES if sklearn else "")
    if sklearn:
        return _load_sklearn(unit, directory, asked_method(given) or PROBABILITIES)
    if unit.implementation == "XGBOOST_SERVER":
        return load_xgboost(unit.name, directory)
    raise LoadError(unit.name, f"{directory} holds no {MLMODEL} file: the model URI must name the folder that has one")


def _load_sklearn(unit: ServedUnit, directory: Path, method: str) -> NativeModel:
    path = next((directory / name for name in SKLEARN_FILES if (directory / name).is_file()), None)
    if path is None:
        raise LoadError(unit.name, f"{directory} holds none of {', '.join((MLMODEL, *SKLEARN_FILES))}")
    return sklearn_model(import_module("joblib").load(path), method, UNKNOWN)
