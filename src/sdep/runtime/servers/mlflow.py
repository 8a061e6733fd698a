"""Folders with an `MLmodel` file: scikit-learn ones directly, every other flavour through mlflow.pyfunc."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

import yaml

from sdep.runtime.environment.prepare import chosen_python
from sdep.runtime.errors import BadDataError
from sdep.runtime.log import event
from sdep.runtime.servers.arrange import model_input
from sdep.runtime.servers.model import answer
from sdep.runtime.servers.signature import Signature, read_signature
from sdep.runtime.servers.sklearn import SklearnModel, sklearn_model

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sdep.runtime.message import Payload
    from sdep.runtime.servers.parameters import Value

MLMODEL = "MLmodel"
_REFUSALS = {"BAD_REQUEST", "INVALID_PARAMETER_VALUE"}


@dataclass(frozen=True, slots=True)
class PyfuncModel:
    """`pyfunc` is MLflow's `PyFuncModel`; `as_frame` is v1's `xtype: DataFrame`, for models without a signature."""

    pyfunc: Any
    signature: Signature
    as_frame: bool
    platform: str

    def predict(self, payload: Payload) -> Payload:
        given = model_input(payload, self.signature, as_frame=self.as_frame)
        try:
            return answer(payload, self.pyfunc.predict(given))
        except Exception as error:
            if getattr(error, "error_code", "") in _REFUSALS:  # an MlflowException, whose class is two seconds away
                raise BadDataError(f"the model refuses this input: {error}") from error
            raise


def load_mlflow(directory: Path, parameters: Mapping[str, Value], default_method: str) -> SklearnModel | PyfuncModel:
    """`default_method` is what an estimator is asked for when neither the file nor a parameter names a method."""
    mlmodel = yaml.safe_load((directory / MLMODEL).read_text())
    signature = read_signature(mlmodel)
    as_frame = str(parameters.get("xtype", "ndarray")) != "ndarray"
    if python := chosen_python(directory):
        asked = str(parameters.get("method") or default_method)
        return PyfuncModel(_in_own_environment(python, directory, asked), signature, as_frame, _platform(mlmodel))
    if _plain_sklearn(mlmodel):
        _warn_of_other_version(mlmodel["flavors"]["sklearn"])
        saved_method = mlmodel["flavors"]["python_function"].get("predict_fn", "predict")
        method = str(parameters.get("method") or default_method or saved_method)
        return sklearn_model(_estimator(directory, mlmodel["flavors"]["sklearn"]), method, signature)
    return PyfuncModel(_pyfunc(directory), signature, as_frame, _platform(mlmodel))


def _plain_sklearn(mlmodel: Mapping[str, Any]) -> bool:
    """Whether nothing but the estimator itself is in the folder: no code to import, no wrapper, no forbidden pickle."""
    flavors = mlmodel.get("flavors", {})
    if flavors.get("python_function", {}).get("loader_module") != "mlflow.sklearn" or "sklearn" not in flavors:
        return False
    own_code = flavors["sklearn"].get("code") or flavors["python_function"].get("code")
    allowed = os.environ.get("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true").lower() in {"true", "1"}
    return allowed and not own_code


def _estimator(directory: Path, flavor: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any estimator
    path = directory / flavor["pickled_model"]
    if flavor.get("serialization_format") == "skops":
        return import_module("skops.io").load(path, trusted=flavor.get("skops_trusted_types"))
    with path.open("rb") as file:
        return pickle.load(file)  # noqa: S301 - serving a model means running it: its registry is trusted


def _warn_of_other_version(flavor: Mapping[str, Any]) -> None:
    saved, here = str(flavor.get("sklearn_version", "")), metadata.version("scikit-learn")
    if saved and saved.split(".")[:2] != here.split(".")[:2]:
        event("environment mismatch", level="warning", package="scikit-learn", saved_with=saved, running=here)


def _pyfunc(directory: Path) -> Any:  # noqa: ANN401 - MLflow is untyped
    return import_module("mlflow.pyfunc").load_model(str(directory), suppress_warnings=True)


def _in_own_environment(python: Path, directory: Path, method: str) -> Any:  # noqa: ANN401 - as MLflow's
    from sdep.runtime.environment.pyfunc import WorkerPyfunc  # noqa: PLC0415 - most models need none

    return WorkerPyfunc(python, directory, method)


def _platform(mlmodel: Mapping[str, Any]) -> str:
    named = [flavor for flavor in mlmodel.get("flavors", {}) if flavor != "python_function"]
    return str(named[0]) if named else "mlflow"
