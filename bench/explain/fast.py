"""One explanation beside one prediction, both over HTTP on loopback; and predictions beside an explainer at work."""

from __future__ import annotations

import http.client
import json
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from bench.explain.subjects import ROWS
from bench.figures import percentile
from bench.serving import servers
from bench.serving.client import Load, measure
from bench.serving.questions import request
from bench.serving.servers import Command, Server, free_port, runtime, unit
from bench.targets import Target
from sdep.contract import ENV_EXPLAINER, EXPLAIN_PATH, PREDICTIONS_PATH, ServedExplainer, model_directory

TIMES, WARM = 200, 20
SECONDS = 2.0
RATE = 300.0
ROUNDS = 15
_ROW = {"data": {"ndarray": [ROWS[0].tolist()]}}


def explainer(root: Path, type_: str, model: str) -> Command:
    port = free_port()
    told = ServedExplainer(
        type=type_, model=model, predictor="http://127.0.0.1:1", port=port, model_directory=model_directory(model)
    )
    environment = {
        ENV_EXPLAINER: told.model_dump_json(by_alias=True),
        "SDEP_ROOT": str(root),
        "SDEP_TERMINATION_LOG": str(root / "words"),
        "SDEP_DRAIN_SECONDS": "0",
    }
    return Command([sys.executable, "-m", "sdep", "explanations"], environment, EXPLAIN_PATH, lambda _: _ROW, port)


def engine(root: Path, model: str) -> Command:
    made = runtime(root, unit(model))
    return Command(made.arguments, made.environment, PREDICTIONS_PATH, lambda _: _ROW, made.port, made.grpc_port)


def tree_shap_beside_a_prediction(root: Path, models: list[str]) -> Iterator[tuple[Target, float]]:
    """By turns, so that what else the machine does falls on both; the quickest tenth, since it falls on the slow ones most."""
    for model in models:
        with _both(root, "TreeShap", model) as (predicts, explains):
            one, other = _by_turns((predicts.port, PREDICTIONS_PATH), (explains.port, EXPLAIN_PATH))
        print(f"{model}: a prediction takes {_told(one)}, its TreeShap {_told(other)}")
        yield Target(f"treeshap-{model}-by-prediction", 3.0), percentile(other, 10) / percentile(one, 10)


def _told(taken: list[float]) -> str:
    return f"{1000 * percentile(taken, 10):.2f} ms (median {1000 * statistics.median(taken):.2f})"


def predictions_beside_explaining(root: Path, type_: str, model: str) -> Iterator[tuple[Target, float]]:
    """Quiet and busy by turns, so that what else the machine does falls on both."""
    question = request(PREDICTIONS_PATH, _ROW)
    quiet, busy, made = [], [], 0
    with _both(root, type_, model) as (predicts, explains):
        for _ in range(ROUNDS):
            load = Load(4, SECONDS, RATE)
            quiet.append(measure(predicts.port, question, load, predicts.tree).p99)
            with _Explaining(explains.port) as client:
                busy.append(measure(predicts.port, question, load, predicts.tree).p99)
            made += client.made
    before, beside = statistics.median(quiet), statistics.median(busy)
    print(
        f"{model}: p99 of predictions {1000 * before:.2f} ms, {1000 * beside:.2f} ms beside {made} explanations by {type_}"
    )
    yield Target(f"prediction-p99-beside-{type_}", 1.1), beside / before


@contextmanager
def _both(root: Path, type_: str, model: str) -> Iterator[tuple[Server, Server]]:
    with (
        servers.running(engine(root, model), _folder(root, "engine"), _ANY) as predicts,
        servers.running(explainer(root, type_, model), _folder(root, "explainer"), _ANY) as explains,
    ):
        yield predicts, explains


_ANY: Any = None


def _folder(root: Path, name: str) -> Path:
    made = root / name
    made.mkdir(exist_ok=True)
    return made


class _Explaining:
    """A client that asks for explanations, one after the other, until the block ends; `made` counts them."""

    def __init__(self, port: int) -> None:
        self.made = 0
        self._port = port
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        while not self._over.is_set():
            _post(connection, EXPLAIN_PATH)
            self.made += 1


def _by_turns(*asked: tuple[int, str]) -> list[list[float]]:
    """Seconds of each, the first few left out."""
    connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=60) for port, _ in asked]
    taken: list[list[float]] = [[] for _ in asked]
    for _ in range(TIMES + WARM):
        for connection, (_, path), times in zip(connections, asked, taken, strict=True):
            begin = time.perf_counter()
            _post(connection, path)
            times.append(time.perf_counter() - begin)
    return [times[WARM:] for times in taken]


def _post(connection: http.client.HTTPConnection, path: str) -> None:
    connection.request("POST", path, json.dumps(_ROW), {"Content-Type": "application/json"})
    response = connection.getresponse()
    body = response.read()
    if response.status != http.client.OK:
        raise OSError(f"{path} answered {response.status}: {body[:500]!r}")
