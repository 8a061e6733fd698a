"""`python -m bench.runtime`: requests a second of the runtime, one process, on loopback."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import uvloop
from mlflow.models import infer_signature
from mlflow.sklearn import save_model
from sklearn.linear_model import LinearRegression

from bench.figures import Times
from bench.load import LoadError, load
from demo.table import table
from sdep.contract import ServedModel, ServedPredictor, ServedUnit, model_directory

CONNECTIONS = (1, 8, 32)
SECONDS = 5.0
_WARM_UP_SECONDS = 1.0
_START_SECONDS = 60
_UNIT = "regression"
_COLUMNS = ["price", "volume", "rate"]


def main() -> int:
    try:
        with tempfile.TemporaryDirectory() as folder:
            _train(Path(folder))
            with _server(Path(folder)) as port:
                uvloop.run(load(port, max(CONNECTIONS), _WARM_UP_SECONDS))
                measured = [(count, uvloop.run(load(port, count, SECONDS))) for count in CONNECTIONS]
    except (LoadError, OSError) as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    headings = ["CONNECTIONS", "REQUESTS/S", "P50 ms", "P99 ms"]
    sys.stdout.write(f"{table(headings, [_cells(*row) for row in measured])}\n")
    return 0


def _train(root: Path) -> None:
    """A linear regression of three features, where the runtime looks for its model below `root`."""
    features = pd.DataFrame(np.random.default_rng(0).normal(size=(100, 3)), columns=_COLUMNS)
    model = LinearRegression().fit(features, features.sum(axis=1))
    logging.getLogger("mlflow").setLevel(logging.ERROR)  # what a saved environment lacks does not matter here
    folder = root / model_directory(_UNIT).lstrip("/")
    save_model(model, folder, signature=infer_signature(features, model.predict(features)))


@contextmanager
def _server(root: Path) -> Iterator[int]:
    """The port of `sdep serve` in a process of its own, once it is ready."""
    graph = ServedUnit(name=_UNIT, implementation="MLFLOW_SERVER", model=ServedModel(name=_UNIT))
    served = ServedPredictor(deployment="bench", namespace="bench", predictor="default", graph=graph)
    environment = {
        **os.environ,
        "SDEP_PREDICTOR": served.model_dump_json(),
        "SDEP_ROOT": str(root),
        "SDEP_HTTP_PORT": "0",
        "SDEP_DRAIN_SECONDS": "0",
        "SDEP_TERMINATION_LOG": str(root / "termination"),
    }
    command = [sys.executable, "-m", "sdep", "serve"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        overdue = threading.Timer(_START_SECONDS, process.kill)
        overdue.start()
        try:
            port = _port_when_ready(process)
            overdue.cancel()
            yield port
        finally:
            overdue.cancel()
            process.kill()


def _port_when_ready(process: subprocess.Popen[str]) -> int:
    """Read the server's log until it says that it is ready; what it says later is thrown away."""
    port = 0
    said = process.stdout or ()
    for line in said:
        event = json.loads(line)
        port = event.get("port", port)
        if event["message"] == "ready":
            threading.Thread(target=lambda: list(said), daemon=True).start()
            return int(port)
    raise LoadError(f"the server ended, or was not ready within {_START_SECONDS} s")


def _cells(connections: int, times: Times) -> list[str]:
    rate = len(times.each) / times.last
    return [str(connections), f"{rate:.0f}", f"{1000 * times.median:.2f}", f"{1000 * times.p99:.2f}"]


if __name__ == "__main__":
    sys.exit(main())
