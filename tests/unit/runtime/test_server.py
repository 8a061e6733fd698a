"""The whole program in a process of its own: start, serve, drain, end."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from sdep.contract import ServedModel, ServedPredictor, ServedUnit
from sdep.runtime.rpc import seldon_pb2 as pb
from tests.unit.runtime.program import running
from tests.unit.runtime.slow import save_slow, slow_unit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = "import sys; from sdep.runtime.main import main; sys.exit(main())"
BODY = json.dumps({"data": {"ndarray": [[0, 0, 0]]}})
REQUEST = (
    "POST /api/v1.0/predictions HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
    f"Content-Length: {len(BODY)}\r\n\r\n{BODY}"
).encode()


def _start(root: Path, unit: str, log: Path, workers: str = "1") -> subprocess.Popen[str]:
    graph = ServedUnit(name=unit, implementation="MLFLOW_SERVER", model=ServedModel(name="m"))
    served = ServedPredictor(deployment="d", namespace="n", predictor="p", graph=graph)
    environment = {
        **os.environ,
        "SDEP_PREDICTOR": served.model_dump_json(),
        "SDEP_ROOT": str(root),
        "SDEP_HTTP_PORT": "0",
        "SDEP_DRAIN_SECONDS": "1",
        "SDEP_TERMINATION_LOG": str(log),
        "SDEP_WORKERS": workers,
    }
    return subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, stdout=subprocess.PIPE, text=True)


def _until(process: subprocess.Popen[str], message: str) -> dict[str, Any]:
    """The log line with this message; every line must be JSON."""
    assert process.stdout is not None
    for line in process.stdout:
        event: dict[str, Any] = json.loads(line)
        if event["message"] == message:
            return event
    raise AssertionError(f"the program ended without saying '{message}'")


@pytest.fixture(params=["1", "2"], ids=["one process", "two workers"])
def server(root: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[subprocess.Popen[str], int]]:
    with _start(root, "regression", tmp_path / "log", request.param) as process:
        port = _until(process, "listening")["port"]
        _until(process, "ready")
        yield process, port
        process.kill()


def test_no_request_is_lost_while_draining(server: tuple[subprocess.Popen[str], int]) -> None:
    """Clients that hold their connections and reconnect when told to get an answer to every request until the end."""
    process, port = server
    codes: list[int] = []
    closed = threading.Event()

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        while True:
            connection.request("POST", "/api/v1.0/predictions", BODY, {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            codes.append(response.status)
            if response.getheader("connection") == "close":
                closed.set()
                return

    threads = [threading.Thread(target=client) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join(5)

    probe = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    probe.request("GET", "/ready")
    assert probe.getresponse().status == 503
    assert closed.is_set()
    assert set(codes) == {200}
    assert process.wait(10) == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_is_on_its_way_is_answered(tmp_path: Path, workers: str) -> None:
    """Requests that were sent ahead of their answers, and one whose body is still arriving when the drain is over."""
    graph = ServedUnit(name="echo", implementation="SIMPLE_MODEL")
    with (
        running(tmp_path, graph, SDEP_WORKERS=workers, SDEP_DRAIN_SECONDS="3") as engine,
        socket.create_connection(("127.0.0.1", engine.port), 20) as slow,
        socket.create_connection(("127.0.0.1", engine.port), 20) as ahead,
    ):
        slow.sendall(REQUEST[:-10])
        ahead.sendall(REQUEST)
        assert _codes(ahead, 1) == [b"200"]
        engine.process.send_signal(signal.SIGTERM)
        _until_draining(engine.port)
        ahead.sendall(5 * REQUEST)
        assert _codes(ahead, 5) == [b"200"] * 5
        _until_refused(engine.port)
        slow.sendall(REQUEST[-10:])
        assert _codes(slow, 1) == [b"200"]
        assert engine.process.wait(20) == 0


def _until_draining(port: int) -> None:
    deadline = time.monotonic() + 20
    status = 200
    while status != 503:
        assert time.monotonic() < deadline
        probe = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        probe.request("GET", "/ready")
        status = probe.getresponse().status
        probe.close()


def _codes(connection: socket.socket, answers: int) -> list[bytes]:
    """Status codes of what is received until there are so many, or the server hangs up."""
    received = b""
    codes: list[bytes] = []
    while len(codes) < answers and (data := connection.recv(65536)):
        received += data
        codes = re.findall(rb"HTTP/1.1 (\d+)", received)
    return codes


def _until_refused(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
        except ConnectionError:
            return
        time.sleep(0.02)
    raise AssertionError("the port is still open")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_grpc_call_that_takes_longer_than_the_drain(tmp_path: Path, workers: str) -> None:
    """It is answered, and only then the process ends."""
    save_slow(tmp_path / "mnt/models/slow", 2.0)
    message = pb.SeldonMessage(data=pb.DefaultData(tensor=pb.Tensor(shape=[1, 2], values=[1, 2])))
    told = {"SDEP_WORKERS": workers, "SDEP_DRAIN_SECONDS": "0.5"}
    with (
        running(tmp_path, slow_unit("slow"), **told) as engine,
        grpc.insecure_channel(f"127.0.0.1:{engine.grpc_port}") as channel,
    ):
        predict = channel.unary_unary(
            "/seldon.protos.Seldon/Predict", pb.SeldonMessage.SerializeToString, pb.SeldonMessage.FromString
        )
        predict(message, timeout=30)
        call = predict.future(message, timeout=30)
        engine.process.send_signal(signal.SIGTERM)

        assert list(call.result().data.tensor.values) == [3.0]
        assert engine.process.wait(20) == 0


def test_what_cannot_load_ends_the_process(root: Path, tmp_path: Path) -> None:
    """A model that cannot be loaded is a non-zero exit whose termination message says why."""
    with _start(root, "absent", tmp_path / "log") as process:
        _until(process, "cannot serve")

        assert process.wait(10) == 1
    assert "unit 'absent'" in (tmp_path / "log").read_text()


def test_missing_configuration() -> None:
    """Without a predictor the program says which variable is missing, and ends."""
    environment = {name: value for name, value in os.environ.items() if name != "SDEP_PREDICTOR"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "SDEP_PREDICTOR" in json.loads(done.stdout)["detail"]
