"""The life of a `seldon-core-microservice` process: how it is told what to serve, when it listens, how it ends."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage

from sdep.runtime.rpc import seldon_pb2 as pb
from tests.unit.runtime.class_servers import Microservice, ours
from tests.unit.runtime.collector import collector
from tests.unit.runtime.program import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Start = Callable[..., Microservice]

MODULE = """
import os, pathlib, sqlite3, threading, time

import flask

class MyModel:
    def __init__(self):
        self.database = sqlite3.connect(":memory:")
        self.served = False

    def load(self):
        self.database.execute("create table t (n integer)")

    def predict(self, X, names):
        self.database.execute("insert into t values (1)")
        return [self.database.execute("select count(*) from t").fetchone()]

    def custom_service(self):
        pathlib.Path("custom").touch()

class Broken:
    def load(self):
        self.missing.open()

class Slow:
    def load(self):
        while not pathlib.Path("load").exists():
            time.sleep(0.02)

class Waits:
    def predict(self, X, names):
        pathlib.Path("waits").touch()
        while not pathlib.Path("go").exists():
            time.sleep(0.02)
        return X

class Meets:
    def __init__(self):
        self.both = threading.Barrier(2, timeout=60)
    def predict(self, X, names):
        self.both.wait()
        return X

class Old:
    class_names = ["a", "b"]
    def predict_rest(self, request):
        return {"strData": "over REST"}
    def predict_grpc(self, request):
        return type(request)(strData="over gRPC")
    def transform_input(self, X, names):
        return X
    def metrics(self):
        return [{"key": "seen", "type": "COUNTER", "value": 1}]
    def route(self, X, names):
        raise ValueError("nowhere to go")
    def aggregate(self, Xs, names):
        return ("not", "an array")[:0] or object()

class Counts:
    def __init__(self):
        self.process = os.getpid()
    def predict(self, X, names):
        return [[self.process]]
    def metrics(self):
        return [{"key": "asked", "type": "COUNTER", "value": 1}]
    def custom_service(self):
        pathlib.Path(f"custom.{self.process}").touch()

class Odd(Exception):
    pass

class Handles:
    model_error_handler = flask.Blueprint("error_handlers", __name__)

    @model_error_handler.app_errorhandler(Odd)
    def odd(error):
        answer = flask.jsonify({"app_code": 17, "said": str(error)})
        answer.status_code = 418
        return answer

    def predict(self, X, names):
        raise (Odd("not so") if len(X) == 1 else KeyError("none"))

class Bad:
    def predict(self, X, names):
        return X
    def metrics(self):
        return [{"key": "seen", "type": "SUM", "value": 1}]
    def init_metadata(self):
        return {"version": "1"}
"""
ROW = {"data": {"ndarray": [[1, 2]]}}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a process of ours in a folder with the module `MyModel`."""
    (tmp_path / "MyModel.py").write_text(MODULE)
    begun: list[Microservice] = []

    def make(name: str, *flags: str, **environment: str) -> Microservice:
        begun.append(Microservice(ours(), name, tmp_path, *flags, **environment))
        return begun[-1]

    yield make
    for each in begun:
        each.stop()


def until(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_bare_name_is_module_and_class_and_one_thread_does_all(start: Start, tmp_path: Path) -> None:
    """What belongs to the thread that made it, as SQLite's connections do, works in `load` and in each prediction."""
    model = start("MyModel")
    model.await_ready()

    assert [model.post("/predict", ROW).body["data"]["ndarray"] for _ in range(2)] == [[[1]], [[2]]]
    until((tmp_path / "custom").exists)
    model.process.send_signal(signal.SIGTERM)
    assert model.process.wait(PATIENCE_SECONDS) == 0


def test_the_class_may_be_named_by_the_environment(start: Start) -> None:
    """As images made with s2i do; MODEL_NAME and SERVICE_TYPE are all they set. No gRPC where its workers are 0."""
    model = start("--service-type=MODEL", "--persistence", "0", MODEL_NAME="MyModel.MyModel", GRPC_WORKERS="0")
    model.await_ready(model.http, model.metrics)

    assert model.post("/predict", ROW).code == 200
    assert _refused(model.grpc)


def test_a_class_that_cannot_be_loaded_ends_the_process(start: Start, tmp_path: Path) -> None:
    """An AttributeError in `load`, which v1 takes for a missing `load`, is the pod's last word; nothing ever listens."""
    model = start("MyModel.Broken", PREDICTIVE_UNIT_ID="prices")

    assert model.process.wait(PATIENCE_SECONDS) == 1
    assert (tmp_path / "termination").read_text() == (
        "unit 'prices': MyModel.Broken: AttributeError: 'Broken' object has no attribute 'missing'"
    )
    assert '"listening"' not in model.log.read_text()


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--parameters", '[{"name": "n", "value": "x", "type": "INT"}]'], "parameter 'n' is no INT: 'x'"),
        (["--parameters", "{"], "the parameters must be a JSON list"),
    ],
)
def test_wrong_parameters_are_named(start: Start, flags: list[str], told: str) -> None:
    model = start("MyModel", *flags)

    assert model.process.wait(PATIENCE_SECONDS) == 1
    assert told in model.log.read_text()


def test_nothing_listens_before_the_class_is_loaded(start: Start, tmp_path: Path) -> None:
    """v1's readiness probe only connects, so a port that is open would say that the class can answer."""
    model = start("MyModel.Slow")
    until(lambda: '"starting"' in model.log.read_text())
    assert _refused(model.http)
    (tmp_path / "load").touch()
    model.await_ready()
    said = model.log.read_text()
    assert said.index('"ready"') < said.index('"listening"')


def test_a_prediction_that_blocks_holds_up_no_probe(start: Start, tmp_path: Path) -> None:
    model = start("MyModel.Waits")
    model.await_ready()
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(model.post, "/predict", ROW)
        until((tmp_path / "waits").exists)
        assert b"pong" in _get(model.http, "/health/ping")
        assert not waiting.done()
        (tmp_path / "go").touch()
        assert waiting.result(PATIENCE_SECONDS).code == 200


def test_as_many_calls_at_once_as_v1_would_make(start: Start) -> None:
    """GUNICORN_THREADS is how many: each of two calls waits for the other."""
    model = start("MyModel.Meets", GUNICORN_THREADS="2")
    model.await_ready()
    with ThreadPoolExecutor() as threads:
        answers = [threads.submit(model.post, "/predict", ROW) for _ in range(2)]
        assert [answer.result(PATIENCE_SECONDS).code for answer in answers] == [200, 200]


def test_several_processes_serve_the_class(start: Start, tmp_path: Path) -> None:
    """GUNICORN_WORKERS is how many: each has an object, a scrape shows them all, `custom_service` runs once, and none is left."""
    model = start("MyModel.Counts", GUNICORN_WORKERS="2")
    model.await_ready()
    processes = set(_at_once(model, 2))
    with grpc.insecure_channel(f"127.0.0.1:{model.grpc}") as channel:
        over_grpc = _call(channel, "Model/Predict", pb.SeldonMessage(strData="x"))

    assert len(processes) == 2
    assert model.process.pid not in processes
    assert over_grpc.data.tensor.values[0] in processes
    (asked,) = [line for line in model.scrape().splitlines() if line.startswith("asked_total")]
    assert float(asked.rpartition(" ")[2]) == 3
    assert "sdep_runtime_workers 2.0" in model.scrape()
    until(lambda: any(tmp_path.glob("custom.*")))
    model.process.send_signal(signal.SIGTERM)
    assert model.process.wait(PATIENCE_SECONDS) == 0
    assert len(list(tmp_path.glob("custom.*"))) == 1


def test_of_several_processes_too_nothing_listens_before_they_are_loaded(start: Start, tmp_path: Path) -> None:
    """A flag says it as well as the variable does."""
    model = start("MyModel.Slow", "--workers", "2")
    until(lambda: "worker" in model.log.read_text())
    assert _refused(model.http)
    (tmp_path / "load").touch()
    model.await_ready()
    said = model.log.read_text()
    assert said.index('"ready"') < said.index('"listening"')


def test_of_several_processes_too_a_class_that_cannot_be_loaded_is_the_last_word(start: Start, tmp_path: Path) -> None:
    model = start("MyModel.Broken", PREDICTIVE_UNIT_ID="prices", GUNICORN_WORKERS="2")

    assert model.process.wait(PATIENCE_SECONDS) == 1
    assert (tmp_path / "termination").read_text().startswith("unit 'prices': MyModel.Broken: AttributeError")


def test_a_class_answers_what_it_raises_by_its_own_handlers(start: Start) -> None:
    """`model_error_handler`, a blueprint of Flask's: what it has no handler for is answered as ever."""
    model = start("MyModel.Handles")
    model.await_ready()

    handled, other = model.post("/predict", ROW), model.post("/predict", {"data": {"ndarray": [[1], [2]]}})
    assert handled == (418, {"app_code": 17, "said": "not so"})
    assert (other.code, other.body["status"]["info"]) == (500, "'none'")


def test_old_classes_and_the_forms_of_grpc(start: Start) -> None:
    """A method for each protocol, names as an attribute, TensorFlow's tensors, messages of a type of one's own, errors."""
    model = start("MyModel.Old", INCLUDE_METRICS_IN_CLIENT_RESPONSE="false")
    model.await_ready()
    with grpc.insecure_channel(f"127.0.0.1:{model.grpc}") as channel:
        assert model.post("/predict", ROW).body == {"strData": "over REST"}
        assert _call(channel, "Seldon/Predict", pb.SeldonMessage(strData="x")).strData == "over gRPC"
        tensor = {"dtype": "DT_FLOAT", "tensorShape": {"dim": [{"size": "1"}, {"size": "2"}]}, "floatVal": [1.5, 2.5]}
        answer = model.post("/transform-input", {"data": {"tftensor": tensor}}).body
        assert answer == {"data": {"names": ["a", "b"], "tftensor": tensor}, "meta": {}}
        own = pb.SeldonMessage(customData=AnyMessage(type_url="x/y", value=b"1"), meta=pb.Meta(puid="p"))
        assert _call(channel, "Generic/TransformInput", own) == own
        with pytest.raises(grpc.RpcError) as failed:
            _call(channel, "Router/Route", pb.SeldonMessage(strData="x"))
        assert (failed.value.code(), failed.value.details()) == (grpc.StatusCode.INTERNAL, "nowhere to go")
        refused = model.post("/aggregate", [ROW])
        assert (refused.code, refused.body["status"]["reason"]) == (400, "MICROSERVICE_BAD_DATA")


def test_wrong_metrics_and_metadata_are_said_to_those_who_ask(start: Start) -> None:
    model = start("MyModel.Bad")
    model.await_ready()

    refused = [model.post("/predict", ROW), model.get("/metadata")]
    assert [answer.code for answer in refused] == [500, 500]
    reasons = [answer.body["status"]["reason"] for answer in refused]
    assert reasons == ["MICROSERVICE_BAD_METRIC", "MICROSERVICE_BAD_METADATA"]


def test_a_class_is_a_part_of_its_callers_trace(start: Start) -> None:
    """An engine that traces tells the container of its span; this one's is below it."""
    caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    with collector() as spans:
        model = start(
            "MyModel", OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{spans.port}", OTEL_BSP_SCHEDULE_DELAY="50"
        )
        model.await_ready()
        model.post("/predict", ROW, traceparent=caller)
        until(lambda: any(span.name == "POST /predict" for span in spans.spans))
        span = next(span for span in spans.spans if span.name == "POST /predict")

    assert f"00-{span.trace}-{span.parent}-01" == caller


def _call(channel: grpc.Channel, method: str, message: pb.SeldonMessage) -> Any:  # noqa: ANN401 - the answer
    call = channel.unary_unary(
        f"/seldon.protos.{method}", pb.SeldonMessage.SerializeToString, pb.SeldonMessage.FromString
    )
    return call(message, timeout=PATIENCE_SECONDS)


def _at_once(model: Microservice, connections: int) -> list[float]:
    """What connections that are all open at a time are answered: each is given to the process with the fewest."""
    made = [http.client.HTTPConnection("127.0.0.1", model.http, timeout=PATIENCE_SECONDS) for _ in range(connections)]
    found = []
    for connection in made:
        connection.request("POST", "/predict", json.dumps(ROW), {"Content-Type": "application/json"})
        found.append(json.load(connection.getresponse())["data"]["ndarray"][0][0])
    for connection in made:
        connection.close()
    return found


def _refused(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) != 0


def _get(port: int, path: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 20) as asking:
        asking.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: asking.recv(65536), b""))
