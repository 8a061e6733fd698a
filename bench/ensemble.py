"""`python -m bench.ensemble`: what a combiner adds to its slower child, where all of them share one process."""

from __future__ import annotations

import hashlib
import itertools
import logging
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import mlflow.sklearn
import numpy as np
import orjson
import pandas as pd
import uvloop
from mlflow.models import infer_signature
from mlflow.pyfunc.model import PythonModel
from sklearn.linear_model import LinearRegression

from demo.table import table
from sdep.contract import ServedModel, ServedPredictor, ServedUnit, model_directory
from sdep.runtime.metrics import Metrics
from sdep.runtime.predictor import load_predictor
from sdep.runtime.seldon.api import SeldonApi
from sdep.runtime.settings import Settings

ROUNDS = 20
"""Subjects take turns, so that what else the machine does falls on all of them."""
REQUESTS = 50
_BODY = b'{"data":{"ndarray":[[1.0,2.0,3.0]]}}'


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        medians = measured(Path(folder))
    rows = [[name, f"{1e6 * seconds:.0f}", f"{times:.2f}"] for name, (seconds, times) in medians.items()]
    sys.stdout.write(f"{table(['GRAPH', 'P50 µs', 'OF THE SLOWER CHILD'], rows)}\n")
    return 0


def measured(root: Path) -> dict[str, tuple[float, float]]:
    """Median seconds of a request, from its JSON to the answer's, and how many times that of the slower child that is."""
    logging.getLogger("mlflow").setLevel(logging.ERROR)  # what a saved environment lacks does not matter here
    return uvloop.run(_measure(root))


async def _measure(root: Path) -> dict[str, tuple[float, float]]:
    pairs = {"linear": _linear(root, 8), "outside": _outside(root, 2)}
    slowest = {name: name for name in itertools.chain.from_iterable(pairs.values())}
    graphs = {name: _model(name) for name in slowest}
    for kind, names in pairs.items():
        for count in sorted({2, len(names)}):
            graphs[f"{count} {kind}s"] = _combined(names[:count])
            slowest[f"{count} {kind}s"] = " ".join(names[:count])
    subjects = {name: _api(root, graph) for name, graph in graphs.items()}
    times: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(ROUNDS):
        for name, api in subjects.items():
            times[name] += [await _one(api) for _ in range(REQUESTS)]
    medians = {name: statistics.median(each) for name, each in times.items()}
    return {
        name: (seconds, seconds / max(medians[child] for child in slowest[name].split()))
        for name, seconds in medians.items()
        if " " in name or name.endswith("-0")
    }


async def _one(api: SeldonApi) -> float:
    begin = time.perf_counter()
    await api.predict(orjson.loads(_BODY), "")
    return time.perf_counter() - begin


def _api(root: Path, graph: ServedUnit) -> SeldonApi:
    served = ServedPredictor(deployment="bench", namespace="bench", predictor="default", graph=graph)
    metrics = Metrics(served)
    api = SeldonApi(served, metrics)
    api.predictor = load_predictor(Settings(served, root=root), metrics)
    return api


def _model(name: str) -> ServedUnit:
    return ServedUnit(name=name, implementation="MLFLOW_SERVER", model=ServedModel(name=name, version="1"))


def _combined(names: list[str]) -> ServedUnit:
    children = tuple(_model(name) for name in names)
    return ServedUnit(name="mean", type="COMBINER", implementation="AVERAGE_COMBINER", children=children)


class Outside(PythonModel):
    """About two milliseconds of computing for which the interpreter's lock is given away, as NumPy and XGBoost do."""

    def predict(self, context: Any, model_input: Any, params: dict[str, Any] | None = None) -> Any:  # noqa: ANN401, ARG002
        """MLflow's form of a model."""
        return [float(hashlib.pbkdf2_hmac("sha256", b"model", b"salt", 5000)[0])]


def _linear(root: Path, count: int) -> list[str]:
    features = pd.DataFrame(np.random.default_rng(0).normal(size=(100, 3)), columns=["a", "b", "c"])
    model = LinearRegression().fit(features, features.sum(axis=1))
    names = [f"linear-{number}" for number in range(count)]
    for name in names:
        options = {"signature": infer_signature(features, [1.0]), "input_example": features[:1]}
        mlflow.sklearn.save_model(
            model, _folder(root, name), pip_requirements=[], serialization_format="cloudpickle", **options
        )
    return names


def _outside(root: Path, count: int) -> list[str]:
    names = [f"outside-{number}" for number in range(count)]
    for name in names:
        mlflow.pyfunc.save_model(_folder(root, name), python_model=Outside(), pip_requirements=[])
    return names


def _folder(root: Path, name: str) -> str:
    return str(root / model_directory(name).lstrip("/"))


if __name__ == "__main__":
    sys.exit(main())
