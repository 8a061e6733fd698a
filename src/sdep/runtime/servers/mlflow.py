"""Folders with an `MLmodel` file: scikit-learn and boosted trees directly, every other flavour through mlflow.pyfunc."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import yaml

from sdep.contract import PARAMETER_XTYPE
from sdep.runtime.environment.prepare import chosen_python
from sdep.runtime.log import event
from sdep.runtime.servers.boosted import boosted_model
from sdep.runtime.servers.lightgbm import lightgbm_of_mlflow
from sdep.runtime.servers.parameters import asked_method
from sdep.runtime.servers.pickles import pickles_are_allowed, unpickled
from sdep.runtime.servers.pyfunc import model_elsewhere, pyfunc_model
from sdep.runtime.servers.signature import read_signature
from sdep.runtime.servers.sklearn import sklearn_model
from sdep.runtime.servers.xgboost import xgboost_of_mlflow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sdep.runtime.servers.model import Model
    from sdep.runtime.servers.native import NativeModel
    from sdep.runtime.servers.parameters import Value

MLMODEL = "MLmodel"
_BOOSTED = {"xgboost": xgboost_of_mlflow, "lightgbm": lightgbm_of_mlflow}
_PACKAGES = {
    "sklearn": ("scikit-learn", "sklearn_version"),
    "xgboost": ("xgboost", "xgb_version"),
    "lightgbm": ("lightgbm", "lgb_version"),
}


def load_mlflow(unit: str, directory: Path, parameters: Mapping[str, Value], default_method: str) -> Model:
    """`default_method` is what an estimator is asked for when neither the file nor a parameter names a method."""
    mlmodel = yaml.safe_load((directory / MLMODEL).read_text())
    asked = asked_method(parameters)
    as_frame = str(parameters.get(PARAMETER_XTYPE, "ndarray")) != "ndarray"
    if python := chosen_python(directory):
        return model_elsewhere(python, directory, mlmodel, asked or default_method, as_frame=as_frame)
    flavor = _own_flavor(mlmodel)
    if flavor:
        _warn_of_other_version(flavor, mlmodel["flavors"][flavor])
    direct = _direct(flavor, directory, mlmodel, asked or default_method)
    if direct is not None:
        return direct
    return pyfunc_model(unit, directory, mlmodel, asked, as_frame=as_frame)


def _own_flavor(mlmodel: Mapping[str, Any]) -> str:
    """The flavor whose model is all there is in the folder: no code to import, no wrapper, no forbidden pickle; else ""."""
    flavors = mlmodel.get("flavors", {})
    python = flavors.get("python_function", {})
    flavor = str(python.get("loader_module", "")).removeprefix("mlflow.")
    own = flavor == "sklearn" or flavor in _BOOSTED
    if not own or flavor not in flavors or flavors[flavor].get("code") or python.get("code"):
        return ""
    return flavor if pickles_are_allowed() else ""


def _direct(flavor: str, directory: Path, mlmodel: Mapping[str, Any], method: str) -> NativeModel | None:
    signature, said = read_signature(mlmodel), mlmodel.get("flavors", {}).get(flavor, {})
    if flavor == "sklearn":
        saved = mlmodel["flavors"]["python_function"].get("predict_fn", "predict")
        return sklearn_model(unpickled(directory / said["pickled_model"], said), method or saved, signature, directory)
    if flavor not in _BOOSTED:
        return None
    boosted = _BOOSTED[flavor](directory, said, method or "predict")
    return None if boosted is None else boosted_model(boosted, signature, directory)


def _warn_of_other_version(flavor: str, said: Mapping[str, Any]) -> None:
    package, field = _PACKAGES[flavor]
    saved, here = str(said.get(field, "")), str(import_module(flavor).__version__)
    if saved and saved.split(".")[:2] != here.split(".")[:2]:
        event("environment mismatch", level="warning", package=package, saved_with=saved, running=here)
