"""A real Prometheus on loopback, for as long as a block runs."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.unit.runtime.program import await_ready, free_ports

PATIENCE_SECONDS = 60
INTERVAL = "500ms"


class Prometheus:
    """Its HTTP API."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._base = f"{self.url}/api/v1"

    def query(self, expr: str, at: float | None = None) -> list[dict[str, Any]]:
        """The series of an instant query: `metric` and `value`. A query that Prometheus cannot read raises."""
        said = self._get("query", {"query": expr} | ({"time": f"{at:.3f}"} if at else {}))
        found = said["result"]
        return [{"metric": {}, "value": found}] if said["resultType"] == "scalar" else found

    def value(self, expr: str, at: float | None = None) -> float:
        """Of the one series that the query finds."""
        (found,) = self.query(expr, at)
        return float(found["value"][1])

    def rules(self) -> list[dict[str, Any]]:
        return [rule for group in self._get("rules", {})["groups"] for rule in group["rules"]]

    def until(self, true: Callable[[], bool], what: str) -> float:
        """The time at which it became true."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not true():
            assert time.monotonic() < deadline, what
            time.sleep(0.1)
        return time.time()

    def _get(self, path: str, words: dict[str, str]) -> Any:  # noqa: ANN401 - decoded JSON
        try:
            with urllib.request.urlopen(f"{self._base}/{path}?{urllib.parse.urlencode(words)}", timeout=20) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{words}: {error.read().decode()}") from error


def job(name: str, port: int, path: str, *, honor: bool = False, **labels: str) -> dict[str, Any]:
    """A target as a PodMonitor makes one, with the labels that Kubernetes would give it."""
    targets = {"targets": [f"127.0.0.1:{port}"], "labels": labels}
    return {"job_name": name, "metrics_path": path, "honor_labels": honor, "static_configs": [targets]}


@contextmanager
def prometheus(folder: Path, jobs: list[dict[str, Any]], rules: list[Path]) -> Iterator[Prometheus]:
    """Ready; killed afterwards."""
    timing = {"scrape_interval": INTERVAL, "scrape_timeout": INTERVAL, "evaluation_interval": INTERVAL}
    config = {"global": timing, "scrape_configs": jobs, "rule_files": [str(path) for path in rules]}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    (port,) = free_ports(1)
    command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]
    with (folder / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            await_ready(f"http://127.0.0.1:{port}/-/ready")
            yield Prometheus(port)
        finally:
            process.kill()
