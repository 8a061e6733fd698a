"""Operators of a test's own beside the installed one: processes of this machine, kept apart by a controller id."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from demo.kubectl import Target, until

CONTROLLER = "a-test"
LEASE = "a-test.sdep.io"


class Operator:
    """One `sdep operate`, with a probe port of its own."""

    def __init__(self, target: Target, namespace: str, name: str, log: Path, more: Mapping[str, str]) -> None:
        self.port, self.webhook_port = _free_port(), _free_port()
        self.name = name
        self.log = log
        settings = {
            "SDEP_RUNTIME_IMAGE": target.images["runtime"],
            "SDEP_NAMESPACES": namespace,
            "SDEP_CONTROLLER_ID": CONTROLLER,
            "SDEP_POD_NAME": name,
            "SDEP_POD_NAMESPACE": namespace,
            "SDEP_PROBE_PORT": str(self.port),
            "SDEP_LEADER_ELECTION": "true",
            "SDEP_LEADER_ELECTION_ID": LEASE,
            **more,
        }
        if "SDEP_MLFLOW_WEBHOOK_SECRETS" in more:
            settings["SDEP_MLFLOW_WEBHOOK_PORT"] = str(self.webhook_port)
        with log.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sdep", "operate"],
                env={**target.environment(), **settings},
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def metric(self, name: str) -> float:
        return metric(self._metrics(), name)

    def refusals(self) -> int:
        """How many of its requests the API server has forbidden."""
        counts = re.findall(r'^sdep_kubernetes_requests_total\{code="403",.*\} (\S+)$', self._metrics(), re.MULTILINE)
        return sum(int(float(count)) for count in counts)

    def _metrics(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            return str(answer.read().decode())

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return int(answer.status) == 200
        except OSError:
            return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def metric(text: str, name: str) -> float:
    """The value of a metric without labels in Prometheus' text format."""
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} "))


@contextmanager
def operators(
    target: Target, namespace: str, folder: Path, *names: str, settings: Mapping[str, str] | None = None
) -> Iterator[list[Operator]]:
    """Operators that are ready, the first of them leading; all of them end with the block."""
    started: list[Operator] = []
    try:
        for name in names:
            operator = Operator(target, namespace, name, folder / f"{name}.log", settings or {})
            started.append(operator)
            until(operator.is_ready, f"operator {name} is ready", 60)
            if len(started) == 1:
                until(lambda: started[0].metric("sdep_leader") == 1, f"operator {names[0]} leads", 30)
        yield started
    finally:
        for operator in started:
            operator.process.kill()
            operator.process.wait()
