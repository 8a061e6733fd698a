"""The runtime as a process of its own, and requests to it over real connections."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sdep.contract import ServedDrift, ServedPredictor, ServedUnit

PROGRAM = "import sys; from sdep.runtime.main import main; sys.exit(main())"
PATIENCE_SECONDS = 90


class Running(NamedTuple):
    process: subprocess.Popen[str]
    port: int
    grpc_port: int
    said: list[str]
    """Lines of the log since it was ready; complete once the process has ended and the block is left."""

    def post(self, path: str, body: object, port: int = 0) -> Any:  # noqa: ANN401 - decoded JSON
        return post(f"http://127.0.0.1:{port or self.port}{path}", body)


@contextmanager
def running(
    root: Path, graph: ServedUnit, protocol: str = "seldon", drift: ServedDrift | None = None, **environment: str
) -> Iterator[Running]:
    """Ready, as its probe says; killed afterwards."""
    owner = {"deployment": "d", "namespace": "n", "predictor": "p"}
    predictor = ServedPredictor(**owner, protocol=protocol, drift=drift, graph=graph)
    told = {
        **os.environ,
        "SDEP_PREDICTOR": predictor.model_dump_json(exclude_defaults=True),
        "SDEP_ROOT": str(root),
        "SDEP_HTTP_PORT": "0",
        "SDEP_DRAIN_SECONDS": "1",
        "SDEP_TERMINATION_LOG": str(root / "termination"),
        **environment,
    }
    with subprocess.Popen([sys.executable, "-c", PROGRAM], env=told, stdout=subprocess.PIPE, text=True) as process:
        try:
            found = _ports(process)
            said: list[str] = []
            reading = threading.Thread(target=lambda: said.extend(process.stdout or ()), daemon=True)
            reading.start()
            yield Running(process, found["port"], found.get("grpc_port", 0), said)
            process.kill()
            reading.join()
        finally:
            process.kill()


def _ports(process: subprocess.Popen[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    said = []
    for line in process.stdout or ():
        event = json.loads(line)
        said.append(line)
        found = {**event, **found} if "port" in event or "grpc_port" in event else found
        if event["message"] == "ready":
            return found
    raise AssertionError(f"the program ended before it was ready: {said}")


def await_ready(url: str) -> None:
    """Return once the probe at `url` is content."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.HTTPError, OSError) as error:
            said = error.read().decode() if isinstance(error, urllib.error.HTTPError) else str(error)
            assert time.monotonic() < deadline, said
            time.sleep(0.1)


def post(url: str, body: object) -> Any:  # noqa: ANN401 - decoded JSON
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)


def free_ports(count: int) -> list[int]:
    """Ports that nobody has at the moment."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports
