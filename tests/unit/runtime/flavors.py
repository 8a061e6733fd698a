"""One real model of each kind that MLflow saves, and requests for it in all of MLflow's formats."""

from __future__ import annotations

import inspect
import warnings
from typing import TYPE_CHECKING, Any

import lightgbm
import mlflow.lightgbm
import mlflow.pyfunc
import mlflow.sklearn
import mlflow.statsmodels
import mlflow.xgboost
import numpy as np
import pandas as pd
import statsmodels.api
import xgboost
from mlflow.models import ModelSignature, infer_signature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec
from mlflow.types.schema import Array, Map, Object, Property
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = 80
NAMES = ["oil", "gas", "fx"]
_rng = np.random.default_rng(7)
FRAME = pd.DataFrame(_rng.normal(size=(ROWS, 3)), columns=NAMES)
PRICE = FRAME @ np.array([1.0, 2.0, 3.0]) + 4
RISING = np.where(PRICE > 4, 1, 0)
MIXED = pd.DataFrame({"kind": ["a", "b"] * (ROWS // 2), "count": range(ROWS), "size": _rng.normal(size=ROWS)})


def _pip(flavor: str) -> dict[str, Any]:
    return {"pip_requirements": [flavor]}


def sklearn_regressor(path: Path) -> None:
    model = LinearRegression().fit(FRAME, PRICE)
    mlflow.sklearn.save_model(model, path, signature=infer_signature(FRAME, PRICE), **_sklearn())


def _sklearn() -> dict[str, Any]:
    return {"serialization_format": "cloudpickle", **_pip("scikit-learn")}


def sklearn_classifier(path: Path) -> None:
    model = RandomForestClassifier(5, random_state=0).fit(FRAME, np.where(RISING, "up", "down"))
    mlflow.sklearn.save_model(model, path, signature=infer_signature(FRAME, ["up"]), **_sklearn())


def sklearn_probabilities(path: Path) -> None:
    model = LogisticRegression().fit(FRAME, RISING)
    signature = infer_signature(FRAME, [0.5])
    mlflow.sklearn.save_model(model, path, signature=signature, pyfunc_predict_fn="predict_proba", **_sklearn())


def sklearn_pipeline(path: Path) -> None:
    encode = ColumnTransformer([("kind", OneHotEncoder(handle_unknown="ignore"), ["kind"])], remainder="passthrough")
    model = make_pipeline(encode, LinearRegression()).fit(MIXED, MIXED["count"])
    mlflow.sklearn.save_model(model, path, signature=infer_signature(MIXED, [1.0]), **_sklearn())


def sklearn_unsigned(path: Path) -> None:
    mlflow.sklearn.save_model(LinearRegression().fit(FRAME.to_numpy(), PRICE), path, **_sklearn())


def sklearn_tensor(path: Path) -> None:
    model = LinearRegression().fit(FRAME.to_numpy(), PRICE)
    signature = infer_signature(FRAME.to_numpy(), PRICE.to_numpy())
    mlflow.sklearn.save_model(model, path, signature=signature, **_sklearn())


def sklearn_one_column(path: Path) -> None:
    model = LinearRegression().fit(FRAME[["oil"]], PRICE)
    mlflow.sklearn.save_model(model, path, signature=infer_signature(FRAME[["oil"]], PRICE), **_sklearn())


def xgboost_regressor(path: Path) -> None:
    model = xgboost.XGBRegressor(n_estimators=4).fit(FRAME, PRICE)
    mlflow.xgboost.save_model(model, path, signature=infer_signature(FRAME, PRICE), **_pip("xgboost"))


def xgboost_classifier(path: Path) -> None:
    model = xgboost.XGBClassifier(n_estimators=4).fit(FRAME, RISING)
    mlflow.xgboost.save_model(model, path, signature=infer_signature(FRAME, RISING), **_pip("xgboost"))


def xgboost_booster(path: Path) -> None:
    model = xgboost.train({"max_depth": 3}, xgboost.DMatrix(FRAME, PRICE), 4)
    mlflow.xgboost.save_model(model, path, signature=infer_signature(FRAME, PRICE), **_pip("xgboost"))


def lightgbm_regressor(path: Path) -> None:
    model = lightgbm.LGBMRegressor(n_estimators=4, verbose=-1).fit(FRAME, PRICE)
    options = {"serialization_format": "cloudpickle", **_pip("lightgbm")}
    mlflow.lightgbm.save_model(model, path, signature=infer_signature(FRAME, PRICE), **options)


def lightgbm_classifier(path: Path) -> None:
    model = lightgbm.LGBMClassifier(n_estimators=4, verbose=-1).fit(FRAME, np.where(RISING, "up", "down"))
    options = {"serialization_format": "cloudpickle", **_pip("lightgbm")}
    mlflow.lightgbm.save_model(model, path, signature=infer_signature(FRAME, ["up"]), **options)


def lightgbm_booster(path: Path) -> None:
    data = lightgbm.Dataset(FRAME, PRICE)
    model = lightgbm.train({"verbose": -1}, data, 4)
    mlflow.lightgbm.save_model(model, path, signature=infer_signature(FRAME, PRICE), **_pip("lightgbm"))


def statsmodels_ols(path: Path) -> None:
    model = statsmodels.api.OLS(PRICE, FRAME).fit()
    mlflow.statsmodels.save_model(model, path, signature=infer_signature(FRAME, PRICE), **_pip("statsmodels"))


def _python(path: Path, model: mlflow.pyfunc.PythonModel, signature: ModelSignature | None = None) -> None:
    mlflow.pyfunc.save_model(str(path), python_model=model, signature=signature, **_pip("mlflow"))


class Scaled(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Has a context and params, and answers with a dictionary."""

    def load_context(self, context: object) -> None:  # noqa: ARG002 - MLflow's signature
        self.offset = 1.0

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG002
        sums = model_input.sum(axis=1) * params["factor"] + self.offset
        return {"sum": sums.to_numpy(), "mode": params["mode"], "rows": len(model_input)}


def python_params(path: Path) -> None:
    params = ParamSchema([ParamSpec("factor", "double", 2.0), ParamSpec("mode", "string", "plain")])
    inputs = Schema([ColSpec("double", "a"), ColSpec("long", "b"), ColSpec("double", "c", required=False)])
    _python(path, Scaled(), ModelSignature(inputs=inputs, params=params))


class Echo(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Says what arrived: the type of each column and the values."""

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG002
        if isinstance(model_input, pd.DataFrame):
            return model_input
        if isinstance(model_input, dict):
            return {name: [str(value.dtype), value.shape, value] for name, value in model_input.items()}
        return model_input


def python_mixed(path: Path) -> None:
    columns = [("double", "d"), ("float", "f"), ("long", "l"), ("integer", "i"), ("boolean", "b"), ("string", "s")]
    specs = [ColSpec(type_, name) for type_, name in columns]
    _python(path, Echo(), ModelSignature(inputs=Schema([*specs, ColSpec("datetime", "t", required=False)])))


def python_nested(path: Path) -> None:
    inputs = [
        ColSpec(Array("double"), "history"),
        ColSpec(Object([Property("city", "string"), Property("rank", "long", required=False)]), "place"),
        ColSpec(Map("double"), "weights", required=False),
    ]
    _python(path, Echo(), ModelSignature(inputs=Schema(inputs)))


def python_tensors(path: Path) -> None:
    inputs = [TensorSpec(np.dtype("float32"), (-1, 2), "left"), TensorSpec(np.dtype("int64"), (-1,), "right")]
    _python(path, Echo(), ModelSignature(inputs=Schema(inputs)))


def python_unsigned(path: Path) -> None:
    _python(path, Echo())


class Frames(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Gives back a DataFrame of several types."""

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG002
        return pd.DataFrame({"price": model_input["oil"] * 2, "label": "x", "rank": range(len(model_input))})


def python_frame(path: Path) -> None:
    _python(path, Frames(), infer_signature(FRAME))


class Series(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG002
        return model_input["oil"]


def python_series(path: Path) -> None:
    _python(path, Series(), infer_signature(FRAME))


class Words(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG002
        return [f"{value:.1f}" if value > 0 else 0 for value in model_input["oil"]]


def python_list(path: Path) -> None:
    _python(path, Words(), infer_signature(FRAME))


class Text(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG002
        return f"{len(model_input)} rows"


def python_text(path: Path) -> None:
    _python(path, Text(), infer_signature(FRAME))


class Hinted(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, model_input: list[dict[str, float]], params=None) -> list[float]:  # type: ignore[no-untyped-def]  # noqa: ANN001, ARG002
        return [sum(row.values()) for row in model_input]


def python_hinted(path: Path) -> None:
    _python(path, Hinted())


SAVERS: dict[str, Callable[[Path], None]] = {
    name: saver
    for name, saver in globals().items()
    if inspect.isfunction(saver)
    and name.partition("_")[0] in {"sklearn", "xgboost", "lightgbm", "statsmodels", "python"}
}


def save_all(models: Path) -> None:
    """Each below `models`, in a folder of its own name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own, while saving
        for name, save in SAVERS.items():
            save(models / name)
