"""Several processes that serve one predictor, as a client, a scrape and the kubelet see them."""

from __future__ import annotations

import http.client
import os
import signal
import ssl
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest

from sdep.contract import ServedModel, ServedUnit
from sdep.runtime.limits import cpu_limit, memory_limit
from sdep.runtime.rpc import seldon_pb2 as pb
from sdep.runtime.workers.merge import counts, merged
from tests.unit.runtime.program import Running, await_ready, free_ports, running
from tests.unit.runtime.test_tls import _issue, _shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ECHO = ServedUnit(name="echo", implementation="SIMPLE_MODEL")
BODY = {"data": {"ndarray": [[1.0]]}}
PREDICTIONS = "/api/v1.0/predictions"
COUNT = "seldon_deployment_prediction_count"


@pytest.fixture(name="pair")
def _pair(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, ECHO, SDEP_WORKERS="2", SDEP_GRPC_PORT="0") as engine:
        yield engine


def _workers(engine: Running) -> list[int]:
    process = engine.process.pid
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _connections(worker: int) -> int:
    return sum(_is_socket(link) for link in Path(f"/proc/{worker}/fd").iterdir())


def _is_socket(link: Path) -> bool:
    """A connection that was closed since it was listed is none any more."""
    try:
        return str(link.readlink()).startswith("socket:")
    except FileNotFoundError:
        return False


def _metric(engine: Running, name: str) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{engine.port}/prometheus", timeout=10) as answer:
        text = answer.read().decode()
    return sum(
        float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith((name + "{", name + " "))
    )


def _until(holds: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def _opened(engine: Running, count: int) -> Iterator[list[http.client.HTTPConnection]]:
    """Connections that are kept, each of which has had an answer."""
    made = [http.client.HTTPConnection("127.0.0.1", engine.port, timeout=10) for _ in range(count)]
    for connection in made:
        connection.request("GET", "/live")
        connection.getresponse().read()
    yield made
    for connection in made:
        connection.close()


def test_kept_connections_are_spread_evenly(pair: Running) -> None:
    """Of ten connections each of two workers has five; when those of one have ended, it gets the next ones."""
    idle = {worker: _connections(worker) for worker in _workers(pair)}

    def spread() -> list[int]:
        return sorted(_connections(worker) - idle[worker] for worker in idle)

    with _opened(pair, 10) as connections:
        assert spread() == [5, 5]
        for connection in connections[::2]:  # they were given in turn, so these are one worker's
            connection.close()
        _until(lambda: spread() == [0, 5])
        with _opened(pair, 5):
            assert spread() == [5, 5]


def test_every_scrape_shows_the_whole_pod(pair: Running) -> None:
    """Whichever worker is asked, counts are those of all."""
    with _opened(pair, 6) as connections:
        for connection in connections * 5:
            connection.request("POST", PREDICTIONS, '{"strData": "x"}', {"Content-Type": "application/json"})
            connection.getresponse().read()

    for _ in range(4):  # connections of their own, so both workers are asked
        assert _metric(pair, COUNT) == 30
        assert _metric(pair, "seldon_api_executor_client_requests_seconds_count") == 30
        assert _metric(pair, "sdep_runtime_workers") == 2


def test_a_worker_that_dies_is_replaced_and_what_it_counted_stays(pair: Running) -> None:
    """The other one answers meanwhile; no counter falls, and the restart is counted."""
    for _ in range(8):
        pair.post(PREDICTIONS, BODY)
    assert _metric(pair, COUNT) == 8
    victim, survivor = _workers(pair)
    os.kill(victim, signal.SIGKILL)
    _until(lambda: not Path(f"/proc/{victim}").exists())

    await_ready(f"http://127.0.0.1:{pair.port}/ready")
    pair.post(PREDICTIONS, BODY)
    assert _metric(pair, COUNT) == 9
    _until(lambda: _metric(pair, "sdep_runtime_workers") == 2)
    assert _metric(pair, "sdep_runtime_worker_restarts_total") == 1
    assert survivor in _workers(pair)


def test_grpc_is_answered_by_workers(pair: Running) -> None:
    """Each listens at the shared port."""
    for _ in range(6):
        with grpc.insecure_channel(f"127.0.0.1:{pair.grpc_port}") as channel:
            predict = channel.unary_unary(
                "/seldon.protos.Seldon/Predict", pb.SeldonMessage.SerializeToString, pb.SeldonMessage.FromString
            )
            assert predict(pb.SeldonMessage(strData="x"), timeout=10).strData == "x"

    assert _metric(pair, COUNT) == 6


def test_tls_and_ports_of_units(tmp_path: Path) -> None:
    """The main port is encrypted, also after the certificate was renewed; a unit's own port never is."""
    first = _issue(tmp_path)
    (unit_port,) = free_ports(1)
    graph = ECHO.model_copy(update={"http_port": unit_port})
    with running(tmp_path, graph, SDEP_WORKERS="2", SELDON_CERT_MOUNT_PATH=str(tmp_path)) as engine:
        trusting = ssl.create_default_context(cadata=first.decode())
        with urllib.request.urlopen(f"https://localhost:{engine.port}/ready", context=trusting, timeout=5) as answer:
            assert answer.status == 200
        assert engine.post("/predict", {"strData": "x"}, unit_port)["strData"] == "x"
        with pytest.raises((OSError, http.client.HTTPException)):
            engine.post("/predict", {"strData": "x"})
        second = ssl.PEM_cert_to_DER_cert(_issue(tmp_path).decode())
        _until(lambda: all(_shown(engine.port) == second for _ in range(4)))


def test_what_cannot_load_is_the_last_word_of_the_pod(tmp_path: Path) -> None:
    """The reason of whichever worker failed, once."""
    graph = ServedUnit(name="absent", implementation="MLFLOW_SERVER", model=ServedModel(name="m"))
    with pytest.raises(AssertionError, match="ended before it was ready"), running(tmp_path, graph, SDEP_WORKERS="2"):
        pass

    assert (tmp_path / "termination").read_text().startswith("unit 'absent'")


def test_a_port_that_is_taken(tmp_path: Path, pair: Running) -> None:
    """A second runtime at the same gRPC port ends, rather than to get half of the requests."""
    taken = {"SDEP_WORKERS": "2", "SDEP_GRPC_PORT": str(pair.grpc_port)}
    with pytest.raises(AssertionError, match="ended before it was ready"), running(tmp_path, ECHO, **taken):
        pass

    assert f"port {pair.grpc_port} cannot be listened at" in (tmp_path / "termination").read_text()


def test_workers_end_with_their_parent(pair: Running) -> None:
    """Even where the parent is killed, nothing is left behind."""
    workers = _workers(pair)
    pair.process.kill()
    pair.process.wait(10)

    _until(lambda: not any(_alive(worker) for worker in workers))


def _alive(process: int) -> bool:
    """A zombie that nobody waits for is not."""
    stat = Path(f"/proc/{process}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


ONE = """# HELP c_total C
# TYPE c_total counter
c_total{a="x y"} 2.0
# HELP process_resident_memory_bytes M
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 10.0
# HELP score S
# TYPE score gauge
score 0.5
"""
OTHER = """# HELP c_total C
# TYPE c_total counter
c_total{a="x y"} 3.0
c_total{a="z"} 1.0
# HELP process_resident_memory_bytes M
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 30.0
# HELP score S
# TYPE score gauge
score 1.0
"""


def test_what_is_added_and_what_is_not() -> None:
    """Counters and memory are sums, another gauge is the mean; each family is told once, series of one worker included."""
    assert merged([ONE, OTHER]) == (
        "# HELP c_total C\n# TYPE c_total counter\n"
        'c_total{a="x y"} 5.0\nc_total{a="z"} 1.0\n'
        "# HELP process_resident_memory_bytes M\n# TYPE process_resident_memory_bytes gauge\n"
        "process_resident_memory_bytes 40.0\n"
        "# HELP score S\n# TYPE score gauge\nscore 0.75\n"
    )


def test_what_stays_of_a_worker_that_is_gone() -> None:
    """Its counts, not its memory."""
    assert counts(ONE) == '# HELP c_total C\n# TYPE c_total counter\nc_total{a="x y"} 2.0\n'


@pytest.mark.parametrize(
    ("files", "cpus", "memory"),
    [
        ({}, None, None),
        ({"cpu.max": "max 100000", "memory.max": "max"}, None, None),
        ({"cpu.max": "250000 100000", "memory.max": "1048576"}, 2.5, 1048576),
        ({"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"}, 0.5, None),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None, None),
        ({"memory/memory.limit_in_bytes": "9223372036854771712"}, None, None),
    ],
)
def test_limits_of_the_container(tmp_path: Path, files: dict[str, str], cpus: float | None, memory: int | None) -> None:
    """Both versions of control groups are read."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text + "\n")

    assert cpu_limit(tmp_path) == cpus
    assert memory_limit(tmp_path) == memory
