"""Containers made with v1's own wrapper, `seldon-core-microservice`, in a graph that our engine runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from sdep.contract import ServedUnit
from tests.unit.runtime.program import PATIENCE_SECONDS, await_ready, free_ports, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.runtime.program import Running

CLASSES = """
import pathlib

class Transformer:
    def transform_input(self, X, names, meta=None):
        return X * 2
    def tags(self):
        return {"transformed": True}

class Router:
    def route(self, X, names):
        return int(X[0][0] > 10)
    def send_feedback(self, X, names, reward, truth, routing=None):
        pathlib.Path("router").write_text(f"{reward} {routing}")

class Combiner:
    def aggregate(self, Xs, names):
        return sum(Xs)
    def metrics(self):
        return [{"type": "COUNTER", "key": "combined", "value": 1}]

class Plain:
    def predict(self, X, names, meta=None):
        return X + 1
    def send_feedback(self, X, names, reward, truth, routing=None):
        pathlib.Path("plain").write_text(str(reward))

class Other:
    def predict(self, X, names, meta=None):
        if X[0][1] < 0:
            raise ValueError("negative")
        return X * 100
    def send_feedback(self, X, names, reward, truth, routing=None):
        pathlib.Path("other").write_text(str(reward))
"""
NAMES = ("Transformer", "Router", "Combiner", "Plain", "Other")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the wrappers run, and leave what they were told."""
    folder = tmp_path_factory.mktemp("wrapped")
    (folder / "classes.py").write_text(CLASSES)
    return folder


@pytest.fixture(scope="module")
def wrapped(folder: Path, seldon_client_python: Path) -> Iterator[dict[str, tuple[int, int]]]:
    """Ports for REST and gRPC, by class."""
    ports = {name: free_ports(3) for name in NAMES}
    processes = [_start(folder, seldon_client_python.parent, name, *ports[name]) for name in NAMES]
    yield {name: (http, grpc) for name, (http, grpc, _) in ports.items()}
    for process in processes:
        os.killpg(process.pid, signal.SIGKILL)  # the wrapper's own group: it has workers
        process.wait(10)


def _start(folder: Path, programs: Path, name: str, http: int, grpc: int, metrics: int) -> subprocess.Popen[bytes]:
    ports = ["--http-port", str(http), "--grpc-port", str(grpc), "--metrics-port", str(metrics)]
    environment = {**os.environ, "PREDICTIVE_UNIT_ID": name.lower(), "PREDICTIVE_UNIT_IMAGE": f"{name.lower()}:1"}
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [str(programs / "python"), str(programs / "seldon-core-microservice"), f"classes.{name}", *ports],
            cwd=folder, env={**environment, "PYTHONPATH": str(folder)}, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip


@pytest.fixture(scope="module", params=["rest", "grpc"])
def engine(request: pytest.FixtureRequest, folder: Path, wrapped: dict[str, tuple[int, int]]) -> Iterator[Running]:
    def unit(name: str, type_: str, *children: ServedUnit) -> ServedUnit:
        http, grpc = wrapped[name]
        return ServedUnit(
            name=name.lower(), type=type_, host="localhost", http_port=http, grpc_port=grpc,
            transport=request.param, children=children,
        )  # fmt: skip

    both = unit("Combiner", "COMBINER", unit("Plain", "MODEL"), unit("Other", "MODEL"))
    plain = ServedUnit(name="echo", implementation="SIMPLE_MODEL")
    graph = unit("Transformer", "TRANSFORMER", unit("Router", "ROUTER", plain, both))
    with running(folder, graph) as found:
        await_ready(f"http://127.0.0.1:{found.port}/ready")
        yield found


def test_a_graph_of_wrapped_containers(engine: Running) -> None:
    """Transformer, router, combiner and two models answer as they do under v1, with their tags, metrics and path."""
    near = engine.post("/api/v1.0/predictions", {"data": {"ndarray": [[2, 3]]}, "meta": {"tags": {"mine": "x"}}})
    far = engine.post("/api/v1.0/predictions", {"data": {"ndarray": [[6, 7]]}})

    assert near["data"]["ndarray"] == [[4, 6]]
    assert near["meta"]["routing"] == {"router": 0}
    assert near["meta"]["tags"] == {"mine": "x", "transformed": True}
    assert far["data"]["ndarray"] == [[13 + 1200, 15 + 1400]]
    assert far["meta"]["routing"] == {"router": 1}
    assert far["meta"]["metrics"] == [{"key": "combined", "type": "COUNTER", "value": 1}]
    path = far["meta"]["requestPath"]
    assert path == {name: f"{name}:1" for name in ("transformer", "plain", "other", "combiner")}


def test_feedback_reaches_the_wrapped_containers(engine: Running, folder: Path) -> None:
    """Who took part hears of the reward, and the router which branch it chose."""
    told = {"response": {"meta": {"routing": {"router": 1}}}, "request": {"data": {"ndarray": [[6, 7]]}}, "reward": 0.5}
    for name in ("router", "plain", "other"):
        (folder / name).unlink(missing_ok=True)
    engine.post("/api/v1.0/feedback", told)

    assert {name: (folder / name).read_text() for name in ("router", "plain", "other")} == {
        "router": "0.5 1",
        "plain": "0.5",
        "other": "0.5",
    }


JUDGE = """
import json, sys, numpy
from seldon_core.seldon_client import SeldonClient
port, grpc_port, rows = sys.argv[1:]
for transport, endpoint in (("rest", port), ("grpc", grpc_port)):
    client = SeldonClient(gateway="seldon", gateway_endpoint=f"127.0.0.1:{endpoint}", transport=transport, payload_type="ndarray")
    answer = client.predict(data=numpy.array(json.loads(rows)))
    told = None
    if answer.success:
        feedback = {"response": {"meta": answer.response["meta"]}, "reward": 1}
        told = client.feedback(prediction_request=None, prediction_response=None, raw_request=feedback).success
    print(json.dumps([answer.success, answer.response, answer.msg, told]))
"""


def test_the_published_client_calls_the_published_wrapper(engine: Running, seldon_client_python: Path) -> None:
    """v1's client, over REST and over gRPC, gets through our engine what v1's containers answered; so it does their errors."""
    good, bad = (_judged(seldon_client_python, engine, rows) for rows in ("[[6, 7]]", "[[6, -7]]"))

    for success, response, _, told in good:
        assert (success, told) == (True, True)
        assert response["data"]["ndarray"] == [[1213, 1415]]
    assert [success for success, *_ in bad] == [False, False]
    (_, refused, message, _), (_, _, details, _) = bad
    assert message == "500:Internal Server Error"
    sentences = [f"unit 'other': {said}negative" for said in ("", "Exception calling application: ")]
    assert refused["status"]["info"] in sentences
    assert any(sentence in details for sentence in sentences)


def _judged(python: Path, engine: Running, rows: str) -> list[Any]:
    command = [str(python), "-W", "ignore", "-c", JUDGE, str(engine.port), str(engine.grpc_port), rows]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()[-2:]]
