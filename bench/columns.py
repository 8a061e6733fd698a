"""`python -m bench.columns`: what it costs to send columns by name, beside the same rows by position; in one process, no network."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from mlflow.sklearn import save_model
from sklearn.linear_model import LinearRegression

from bench.figures import Times
from demo.table import table
from sdep.contract import ServedModel, ServedPredictor, ServedUnit, model_directory
from sdep.runtime.http.app import App
from sdep.runtime.http.ports import main_app
from sdep.runtime.http.request import Request
from sdep.runtime.lifecycle import Lifecycle
from sdep.runtime.metrics import Metrics
from sdep.runtime.predictor import load_predictor
from sdep.runtime.seldon.api import SeldonApi
from sdep.runtime.settings import Settings

ROWS = (1, 100, 10_000)
VALUES_SENT = 50_000
"""Each form is sent about as often as it takes to send so many values."""
WARM = 30
_COLUMNS = ["price", "volume", "rate"]
_SHUFFLED = ["rate", "price", "volume"]
_UNIT = "regression"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        _train(Path(folder))
        app = _app(Path(folder))
        measured = [(rows, asyncio.run(_measure(app, rows))) for rows in ROWS]
    headings = ["FORM", *(f"{rows} ROWS ms" for rows in ROWS), *(f"{rows} ROWS ratio" for rows in ROWS)]
    sys.stdout.write(f"{table(headings, [_cells(form, measured) for form in measured[0][1]])}\n")
    return 0


def _train(root: Path) -> None:
    features = pd.DataFrame(np.random.default_rng(0).normal(size=(100, 3)), columns=_COLUMNS)
    model = LinearRegression().fit(features, features.sum(axis=1))
    logging.getLogger("mlflow").setLevel(logging.ERROR)  # what a saved environment lacks does not matter here
    folder = root / model_directory(_UNIT).lstrip("/")
    signature = infer_signature(features, model.predict(features))
    save_model(model, folder, signature=signature, pip_requirements=["scikit-learn"])


def _app(root: Path) -> App:
    unit = ServedUnit(name=_UNIT, implementation="MLFLOW_SERVER", model=ServedModel(name=_UNIT))
    predictor = ServedPredictor(deployment="bench", namespace="bench", predictor="main", graph=unit)
    settings, metrics, lifecycle = Settings(predictor, root=root), Metrics(predictor), Lifecycle(0)
    api = SeldonApi(predictor, metrics)
    api.predictor = load_predictor(settings, metrics)
    return main_app(settings, api, lifecycle, metrics)


async def _measure(app: App, rows: int) -> dict[str, float]:
    """Median seconds of each form."""
    return {form: await _median(app, request, rows) for form, request in requests(rows).items()}


def requests(rows: int) -> Mapping[str, Request]:
    """The same table in every form; by position first."""
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(rows, 3)), columns=_COLUMNS)
    shuffled = frame[_SHUFFLED]
    seldon: dict[str, object] = {
        "by position": {"data": {"ndarray": frame.to_numpy().tolist()}},
        "data.names": {"data": {"names": _SHUFFLED, "ndarray": shuffled.to_numpy().tolist()}},
        "jsonData, records": {"jsonData": shuffled.to_dict(orient="records")},
        "jsonData, columns": {"jsonData": shuffled.to_dict(orient="list")},
    }
    scoring: dict[str, object] = {
        "instances": {"instances": frame.to_numpy().tolist()},
        "dataframe_split": {"dataframe_split": {"columns": _SHUFFLED, "data": shuffled.to_numpy().tolist()}},
        "dataframe_records": {"dataframe_records": shuffled.to_dict(orient="records")},
    }
    path = "/api/v1.0/predictions"
    return {form: _request(path, body) for form, body in seldon.items()} | {
        form: _request("/invocations", body) for form, body in scoring.items()
    }


def _request(path: str, body: object) -> Request:
    return Request("POST", path, b"", {b"content-type": b"application/json"}, json.dumps(body).encode())


async def _median(app: App, request: Request, rows: int) -> float:
    """Of requests that differ in nothing; those before the model has found its lane do not count."""
    times = []
    for _ in range(WARM + max(20, VALUES_SENT // (rows * len(_COLUMNS) + 100))):
        begin = time.perf_counter()
        reply = await app(request)
        times.append(time.perf_counter() - begin)
        if b" 200 " not in reply.head.splitlines()[0]:
            raise RuntimeError(reply.body.decode())
    return Times(tuple(times[WARM:])).median


def _cells(form: str, measured: list[tuple[int, dict[str, float]]]) -> list[str]:
    times = [f"{by_form[form] * 1000:.3f}" for _, by_form in measured]
    ratios = [f"{by_form[form] / by_form['by position']:.2f}" for _, by_form in measured]
    return [form, *times, *ratios]


if __name__ == "__main__":
    sys.exit(main())
