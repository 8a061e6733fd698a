"""Real models, saved once with MLflow, and a client that drives the application in process."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mlflow.sklearn
import numpy as np
import pandas as pd
import pytest
from mlflow.models import infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sdep.contract import ServedModel, ServedPredictor, ServedUnit
from sdep.runtime.http.ports import main_app
from sdep.runtime.http.request import Request
from sdep.runtime.lifecycle import Lifecycle
from sdep.runtime.metrics import Metrics
from sdep.runtime.predictor import load_predictor
from sdep.runtime.seldon.api import SeldonApi
from sdep.runtime.settings import Settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # MLflow warns of its own type hints
    import mlflow.pyfunc

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sklearn.base import BaseEstimator

    from sdep.runtime.http.app import App

COLUMNS = ["oil", "gas", "fx"]


@dataclass
class Answer:
    code: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON is whatever it is
        return json.loads(self.body, parse_constant=_no_constant)


def _no_constant(word: str) -> None:
    raise AssertionError(f"{word} is not JSON")


class Client:
    """Calls the application as the protocol does with a whole request."""

    def __init__(self, app: App, lifecycle: Lifecycle) -> None:
        self.app = app
        self.lifecycle = lifecycle

    async def predict(self, body: object, **headers: str) -> Answer:
        return await self.send("POST", "/api/v1.0/predictions", json.dumps(body).encode(), **headers)

    async def get(self, path: str) -> Answer:
        return await self.send("GET", path)

    async def send(self, method: str, path: str, body: bytes = b"", query: bytes = b"", **headers: str) -> Answer:
        fields = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
        reply = await self.app(Request(method, path, query, fields, body))
        status, *lines = reply.head.decode("latin-1").splitlines()
        pairs = [line.split(": ", 1) for line in lines]
        closing = {"connection": "close"} if reply.close else {}
        return Answer(int(status.split(" ")[1]), {**dict(pairs), **closing}, reply.body)


def model_unit(name: str, **fields: object) -> ServedUnit:
    fields = {"implementation": "MLFLOW_SERVER", "model": ServedModel(name=f"{name}_model", version="3"), **fields}
    return ServedUnit(name=name, **fields)


@pytest.fixture(name="unit", scope="session")
def _unit() -> Callable[..., ServedUnit]:
    """A MODEL node whose folder has the node's name."""
    return model_unit


@pytest.fixture(scope="session")
def serve(root: Path) -> Callable[..., Client]:
    """A client of a predictor with the given graph, its models loaded."""

    def make(
        graph: ServedUnit,
        rest_timeout_ms: int = 0,
        protocol: str = "seldon",
        told: dict[str, object] | None = None,
        **settings: object,
    ) -> Client:
        owner = {"deployment": "prices", "namespace": "data", "predictor": "main", "version": "v2", **(told or {})}
        predictor = ServedPredictor(**owner, protocol=protocol, rest_timeout_ms=rest_timeout_ms, graph=graph)
        made = Settings(predictor, root=root, **settings)
        metrics, lifecycle = Metrics(predictor), Lifecycle(made.drain_seconds)
        api = SeldonApi(predictor, metrics)
        api.predictor = load_predictor(made, metrics)
        lifecycle.loaded()
        return Client(main_app(made, api, lifecycle, metrics), lifecycle)

    return make


@pytest.fixture(scope="session")
def regression(serve: Callable[..., Client]) -> Client:
    """The model of the user's document: oil + 2 gas + 3 fx + 4."""
    return serve(model_unit("regression"))


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that stands for `/`, with every model below mnt/models."""
    root = tmp_path_factory.mktemp("root")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own, while saving
        _save_models(root / "mnt" / "models")
    return root


@pytest.fixture(scope="session")
def models(root: Path) -> Path:
    """The folder of all models, one of each kind that MLflow saves among them."""
    from tests.unit.runtime.flavors import save_all  # noqa: PLC0415 - libraries that few tests need

    save_all(root / "mnt/models")
    return root / "mnt/models"


def _save_models(models: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 3)), columns=COLUMNS)
    price = frame @ np.array([1.0, 2.0, 3.0]) + 4
    linear = LinearRegression().fit(frame, price)
    named = infer_signature(frame, linear.predict(frame))
    _save(linear, models / "regression", signature=named, input_example=frame.head(2))
    _save(LinearRegression().fit(frame, 2 * price), models / "doubled", signature=named)
    _save(RandomForestRegressor(5, random_state=0).fit(frame, price), models / "forest", signature=named)
    _save(make_pipeline(StandardScaler(), LinearRegression()).fit(frame, price), models / "scaled", signature=named)
    array = frame.to_numpy()
    _save(LinearRegression().fit(array, price), models / "tensor", signature=infer_signature(array, price.to_numpy()))
    _save(LinearRegression().fit(array, price), models / "bare")
    two = np.column_stack([price, -price])
    _save(LinearRegression().fit(array, two), models / "two_outputs")
    labels = np.where(price > 4, "up", "down")
    _save(LogisticRegression().fit(array, labels), models / "labels")
    mixed = pd.DataFrame({"kind": ["a", "b"] * 30, "count": range(60), "size": rng.normal(size=60)})
    encode = ColumnTransformer([("kind", OneHotEncoder(), ["kind"])], remainder="passthrough")
    pipeline = make_pipeline(encode, LinearRegression()).fit(mixed, mixed["count"])
    _save(pipeline, models / "mixed", signature=infer_signature(mixed, pipeline.predict(mixed)))

    _save_python_model(models / "python")


def _save_python_model(path: Path) -> None:
    """Answers with whatever the request's text names: the kinds of result that models give."""

    class Various(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
        def predict(self, model_input):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - MLflow reads hints
            frame = pd.DataFrame({"a": [1.5], "b": ["x"]})
            results = {
                "frame": frame,
                "series": frame["a"],
                "dict": {"a": np.array([1, 2])},
                "scalar": np.float64(2),
                "nan": [float("nan")],
                "ragged": [[1], [2, 3]],
                "input": model_input,
            }
            if isinstance(model_input, np.ndarray) and model_input.shape == (1,):
                model_input = model_input[0]
            return results[model_input] if isinstance(model_input, str) else model_input

    mlflow.pyfunc.save_model(str(path), python_model=Various(), pip_requirements=["mlflow"])


def _save(model: BaseEstimator, path: Path, **options: object) -> None:
    # Named requirements: finding them out by itself costs MLflow ten seconds for each model.
    options = {"pip_requirements": ["scikit-learn"], "serialization_format": "cloudpickle", **options}
    mlflow.sklearn.save_model(model, str(path), **options)
