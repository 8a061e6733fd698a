"""The whole program in a process of its own: start, serve, drain, end."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from sdep.contract import ServedModel, ServedPredictor, ServedUnit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = "import sys; from sdep.runtime.main import main; sys.exit(main())"
BODY = json.dumps({"data": {"ndarray": [[0, 0, 0]]}})


def _start(root: Path, unit: str, log: Path) -> subprocess.Popen[str]:
    graph = ServedUnit(name=unit, implementation="MLFLOW_SERVER", model=ServedModel(name="m"))
    served = ServedPredictor(deployment="d", namespace="n", predictor="p", graph=graph)
    environment = {
        **os.environ,
        "SDEP_PREDICTOR": served.model_dump_json(),
        "SDEP_ROOT": str(root),
        "SDEP_HTTP_PORT": "0",
        "SDEP_DRAIN_SECONDS": "1",
        "SDEP_TERMINATION_LOG": str(log),
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


@pytest.fixture
def server(root: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    with _start(root, "regression", tmp_path / "log") as process:
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
