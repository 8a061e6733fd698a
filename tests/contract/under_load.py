"""Two predictors under a load that is known to the last request, a busy operator, and the Prometheus that scrapes them."""

from __future__ import annotations

import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from charts.document import CHART
from sdep.contract import ServedModel, ServedParameter, ServedPredictor, ServedUnit
from tests.contract.prometheus import Prometheus, job, prometheus
from tests.unit.runtime.program import Running, await_ready, free_ports, running

ROOT = Path(__file__).resolve().parents[2]
COUNT = "seldon_api_executor_server_requests_seconds_count"
RULES = sorted((CHART / "files" / "rules").glob("*.yaml"))


@dataclass(frozen=True)
class Load:
    """What one predictor is asked: predictions that take `seconds` each, some that the model fails at or refuses, and feedback.

    There is feedback of so many numbers, and of as many rows of probabilities.
    """

    version: str
    seconds: float
    good: int
    failing: int
    refused: int
    correct: int
    incorrect: int

    @property
    def predictions(self) -> int:
        return self.good + self.failing + self.refused

    @property
    def requests(self) -> int:
        return self.predictions + 2 * (self.correct + self.incorrect)


LOADS = {
    "main": Load("1", seconds=0.06, good=90, failing=0, refused=4, correct=8, incorrect=2),
    "canary": Load("2", seconds=0.25, good=18, failing=6, refused=3, correct=2, incorrect=3),
}
ONE_OF_EACH = Load("", seconds=0.0, good=1, failing=1, refused=1, correct=1, incorrect=1)
"""A counter has to be there before it can be seen to grow."""


@dataclass(frozen=True)
class UnderLoad:
    prometheus: Prometheus
    at: float
    """When all of the load had been scraped."""
    window: str
    """From before the first of its requests until then, as PromQL has it."""
    latencies: dict[str, dict[float, int]]
    """How many predictions took at most so many seconds, as each predictor said itself."""

    def query(self, expr: str) -> list[dict[str, Any]]:
        return self.prometheus.query(expr, self.at)

    def value(self, expr: str) -> float:
        return self.prometheus.value(expr, self.at)


@contextmanager
def under_load(folder: Path) -> Iterator[UnderLoad]:
    save_model(folder)
    with ExitStack() as closing:
        engines = {name: closing.enter_context(engine(folder, name)) for name in LOADS}
        operator = closing.enter_context(_operator())
        jobs = [job(name, engine.port, "/prometheus", namespace="n", pod=name) for name, engine in engines.items()]
        jobs.append(job("operator", operator, "/metrics", honor=True, namespace="seldon-system"))
        seen = closing.enter_context(prometheus(folder, jobs, RULES))
        for each in engines.values():
            send(each, ONE_OF_EACH)
        start = _all_scraped(seen, 2 * ONE_OF_EACH.requests, len(jobs))
        seen.until(lambda: seen.value("min (timestamp (up))") > start, "everything is scraped once more")
        before = {name: buckets(engine) for name, engine in engines.items()}
        threads = [threading.Thread(target=send, args=(engines[name], load)) for name, load in LOADS.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        everything = sum(load.requests for load in LOADS.values()) + 2 * ONE_OF_EACH.requests
        at = _all_scraped(seen, everything, len(jobs))
        latencies = {
            name: {edge: count - before[name][edge] for edge, count in buckets(engine).items()}
            for name, engine in engines.items()
        }
        yield UnderLoad(seen, at, f"{int((at - start) * 1000)}ms", latencies)


def _all_scraped(seen: Prometheus, requests: int, targets: int) -> float:
    def scraped() -> bool:
        found = seen.query(f"sum ({COUNT})")
        return bool(found) and float(found[0]["value"][1]) == requests and seen.value("sum (up)") == targets

    return seen.until(scraped, f"{requests} requests are scraped")


def save_model(folder: Path) -> None:
    class Told:
        """Takes as long as the row says, and fails or refuses where it says so."""

        def predict(self, rows: Any) -> Any:  # noqa: ANN401 - an array
            import time  # noqa: PLC0415 - the class is unpickled elsewhere

            seconds, outcome = rows[0]
            time.sleep(seconds)
            if outcome == 1:
                raise RuntimeError("the model fails")
            if outcome == 2:
                raise ValueError("the model refuses")
            return np.asarray(rows).sum(axis=1)

    target = folder / "mnt/models/price"
    target.mkdir(parents=True)
    (target / "model.pkl").write_bytes(cloudpickle.dumps(Told()))


def send(engine: Running, load: Load) -> None:
    """One request after the other; each has to be answered as it is meant to be."""
    for outcome, count, code in ((0, load.good, 200), (1, load.failing, 500), (2, load.refused, 400)):
        for _ in range(count):
            assert _code(engine, "predictions", {"data": {"ndarray": [[load.seconds, outcome]]}}) == code
    for answer, right, wrong in (([1.0], 1.0, 3.0), ([[0.2, 0.8]], 1, 0)):
        for truth, count in ((right, load.correct), (wrong, load.incorrect)):
            told = {"response": {"data": {"ndarray": answer}}, "truth": {"data": {"ndarray": [truth]}}, "reward": truth}
            for _ in range(count):
                assert _code(engine, "feedback", told) == 200


def _code(engine: Running, what: str, body: object) -> int:
    try:
        engine.post(f"/api/v1.0/{what}", body)
    except urllib.error.HTTPError as error:
        return error.code
    return 200


def buckets(engine: Running) -> dict[float, int]:
    """Predictions by the upper edge of their bucket, each bucket holding those of the lower ones."""
    found: dict[float, int] = defaultdict(int)
    with urllib.request.urlopen(f"http://127.0.0.1:{engine.port}/prometheus", timeout=10) as answer:
        for family in text_string_to_metric_families(answer.read().decode()):
            for sample in family.samples:
                if sample.name == COUNT.replace("count", "bucket") and sample.labels["service"] == "predictions":
                    found[float(sample.labels["le"])] += int(sample.value)
    return found


@contextmanager
def engine(folder: Path, name: str) -> Iterator[Running]:
    method = ServedParameter(name="method", value="predict", type="STRING")
    model = ServedModel(name="price", version=LOADS[name].version)
    graph = ServedUnit(name="price", implementation="SKLEARN_SERVER", model=model, parameters=(method,))
    told = ServedPredictor(deployment="prices", namespace="n", predictor=name, graph=graph)
    with running(folder, graph, SDEP_PREDICTOR=told.model_dump_json()) as engine:
        yield engine


@contextmanager
def _operator() -> Iterator[int]:
    (port,) = free_ports(1)
    with subprocess.Popen([sys.executable, "-m", "tests.contract.busy_operator", str(port)], cwd=ROOT) as process:
        try:
            await_ready(f"http://127.0.0.1:{port}/metrics")
            yield port
        finally:
            process.kill()
