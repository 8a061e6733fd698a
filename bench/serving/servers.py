"""Each server as a process of its own, once it answers, and killed with all that it started."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.environment import python_of
from bench.serving import questions
from bench.serving.client import LoadError
from bench.serving.models import FEATURES, folder
from bench.serving.process import Tree
from bench.serving.questions import Question
from sdep.contract import PREDICTIONS_PATH, ServedModel, ServedPredictor, ServedUnit

START_SECONDS = 120

Body = Callable[[Question], Any]


@dataclass(frozen=True)
class Command:
    """How a server is started, and how it is asked over HTTP."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    path: str
    body: Body
    port: int
    grpc_port: int = 0


@dataclass(frozen=True)
class Server:
    port: int
    grpc_port: int
    tree: Tree
    request: Callable[[Question], bytes]


@contextmanager
def running(command: Command, root: Path, first: Question) -> Iterator[Server]:
    """`first` is asked until it is answered. What the server says goes to a file below `root`."""
    log = root / "log"
    with (
        log.open("wb") as said,
        subprocess.Popen(
            command.arguments,
            env={**os.environ, **command.environment},
            cwd=root,
            stdout=said,
            stderr=said,
            start_new_session=True,
        ) as process,
    ):
        try:
            _await(process, f"http://127.0.0.1:{command.port}{command.path}", command.body(first), log)
            tree = Tree(process.pid)
            yield Server(
                command.port,
                command.grpc_port,
                tree,
                lambda question: questions.request(command.path, command.body(question)),
            )
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def _await(process: subprocess.Popen[bytes], url: str, body: object, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    asked = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    while True:
        try:
            with urllib.request.urlopen(asked, timeout=5):
                return
        except (urllib.error.URLError, OSError) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise LoadError(f"{url}: {error}; it said: {log.read_text()[-2000:]}") from error
            time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def runtime(root: Path, graph: ServedUnit, workers: int = 1) -> Command:
    served = ServedPredictor(deployment="bench", namespace="bench", predictor="default", graph=graph)
    port, grpc_port = free_port(), free_port()
    environment = {
        "SDEP_PREDICTOR": served.model_dump_json(),
        "SDEP_ROOT": str(root),
        "SDEP_HTTP_PORT": str(port),
        "SDEP_GRPC_PORT": str(grpc_port),
        "SDEP_DRAIN_SECONDS": "0",
        "SDEP_WORKERS": str(workers),
        "SDEP_TERMINATION_LOG": str(root / "termination"),
    }
    arguments = [sys.executable, "-m", "sdep", "serve"]
    return Command(arguments, environment, PREDICTIONS_PATH, questions.seldon, port, grpc_port)


def unit(model: str) -> ServedUnit:
    return ServedUnit(name=model, implementation="MLFLOW_SERVER", model=ServedModel(name=model))


def ensemble(root: Path, count: int) -> ServedUnit:
    """The mean of so many linear models, half of them like the first."""
    children = []
    for index in range(count):
        name = f"child{index}"
        if not folder(root, name).exists():
            folder(root, name).symlink_to(folder(root, ("three", "other")[index % 2]))
        children.append(unit(name))
    return ServedUnit(name="mean", type="COMBINER", implementation="AVERAGE_COMBINER", children=tuple(children))


def floor() -> Command:
    port = free_port()
    return Command([sys.executable, "-m", "bench.serving.floor", str(port)], _PYTHONPATH, "/", questions.seldon, port)


_PYTHONPATH = {"PYTHONPATH": str(Path(__file__).parents[2])}


def wrapper(root: Path, model: str) -> Command:
    """v1's Python server, as its image starts it. The class computes by itself: the environment has no scikit-learn."""
    (root / "Linear.py").write_text(_LINEAR.format(width=FEATURES[model]))
    port, grpc_port = free_port(), free_port()
    ports = ["--http-port", str(port), "--grpc-port", str(grpc_port), "--metrics-port", str(free_port())]
    programs = python_of("seldon-client").parent
    arguments = [str(programs / "python"), str(programs / "seldon-core-microservice"), "Linear", *ports]
    environment = {"PYTHONPATH": str(root), "PREDICTIVE_UNIT_ID": "linear"}
    return Command(arguments, environment, "/api/v1.0/predictions", questions.seldon, port, grpc_port)


_LINEAR = """import numpy as np

class Linear:
    coefficients = np.ones({width})

    def predict(self, X, names, meta=None):
        return np.asarray(X, dtype=float) @ self.coefficients
"""


def mlserver(root: Path, model: str, parallel_workers: int | None) -> Command:
    """`parallel_workers` None leaves MLServer's default."""
    port, grpc_port = free_port(), free_port()
    place = root / "mlserver" / model
    place.mkdir(parents=True, exist_ok=True)
    settings: dict[str, Any] = {
        "host": "127.0.0.1",
        "http_port": port,
        "grpc_port": grpc_port,
        "metrics_port": free_port(),
    }
    if parallel_workers is not None:
        settings["parallel_workers"] = parallel_workers
    (place / "settings.json").write_text(json.dumps(settings))
    told = {"uri": str(root / f"{model}.pickle")}
    described = {"name": model, "implementation": "mlserver_sklearn.SKLearnModel", "parameters": told}
    (place / "model-settings.json").write_text(json.dumps(described))
    programs = python_of("peers").parent
    arguments = [str(programs / "python"), str(programs / "mlserver"), "start", str(place)]
    path = f"/v2/models/{model}/infer"
    return Command(arguments, {}, path, questions.open_inference, port, grpc_port)


def mlflow(root: Path, model: str) -> Command:
    port = free_port()
    python = python_of("peers")
    options = ["-m", str(folder(root, model)), "-p", str(port), "-h", "127.0.0.1", "--env-manager", "local"]
    environment = {"PATH": f"{python.parent}:{os.environ['PATH']}"}
    arguments = [str(python), "-m", "mlflow", "models", "serve", *options]
    return Command(arguments, environment, "/invocations", questions.mlflow, port)
