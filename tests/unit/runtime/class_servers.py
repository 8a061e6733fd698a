"""`seldon-core-microservice` as a process: the published one, and ours."""

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
from pathlib import Path
from typing import Any, NamedTuple

from tests.unit.runtime.program import PATIENCE_SECONDS, free_ports

HERE = Path(__file__).parent
COMMAND = "seldon-core-microservice"


class Answer(NamedTuple):
    code: int
    body: Any


class Microservice:
    """One class at three ports; `log` has what it printed."""

    def __init__(self, python: Path, name: str, folder: Path, *flags: str, **environment: str) -> None:
        self.http, self.grpc, self.metrics = free_ports(3)
        self.folder = folder
        self.log = folder / f"{name}.{self.http}.log"
        ports = {"HTTP": self.http, "GRPC": self.grpc, "METRICS": self.metrics}
        told = {f"PREDICTIVE_UNIT_{kind}_SERVICE_PORT": str(port) for kind, port in ports.items()}
        told |= {
            "SDEP_TERMINATION_LOG": str(folder / "termination"),
            "SDEP_DRAIN_SECONDS": "0",
            "PYTHONWARNINGS": "ignore",
        }
        command = [str(python), str(python.with_name(COMMAND)), name, *flags]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env={**os.environ, **told, **environment}, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def await_ready(self, *ports: int) -> None:
        """Until every port accepts connections and the class answers."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                for port in ports or (self.http, self.grpc, self.metrics):
                    socket.create_connection(("127.0.0.1", port), 5).close()
                if self.get("/health/status").code < 500:
                    return
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                assert time.monotonic() < deadline, self.log.read_text()
                time.sleep(0.1)

    def post(self, path: str, body: object, content_type: str = "application/json", **headers: str) -> Answer:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._send(urllib.request.Request(self._url(path), content, {"Content-Type": content_type, **headers}))

    def get(self, path: str) -> Answer:
        return self._send(urllib.request.Request(self._url(path)))

    def scrape(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=20) as response:
            return str(response.read().decode())

    def stop(self) -> None:
        """v1's has workers, which do not always follow it: the whole group goes."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.http}{path}"

    def _send(self, request: urllib.request.Request) -> Answer:
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return Answer(response.status, json.loads(response.read()))
        except urllib.error.HTTPError as error:
            return Answer(error.code, json.loads(error.read()))


def ours() -> Path:
    return Path(sys.executable)
