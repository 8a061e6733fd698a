"""What a runtime's own process tells of the predictions that it answered, over each protocol."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
import pytest

from sdep.contract import ServedModel, ServedUnit
from sdep.evidence.evidence import PATH, Evidence
from sdep.evidence.truth import MOST_MODELS, OTHER_MODELS
from sdep.runtime.evidence.truths import Truths
from sdep.runtime.rpc import open_inference_pb2 as v2
from sdep.runtime.rpc import seldon_pb2 as pb
from sdep.runtime.rpc import tensorflow_pb2 as serving
from sdep.runtime.rpc.tftensor import tftensor_of
from sdep.runtime.seldon.truth import Outcome
from tests.unit.runtime.container import container
from tests.unit.runtime.program import running
from tests.unit.runtime.slow import save_slow, slow_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.runtime.conftest import Client
    from tests.unit.runtime.program import Running

SELDON, V2, TENSORFLOW, MLFLOW = (
    "/api/v1.0/predictions",
    "/v2/models/regression/infer",
    "/v1/models/regression:predict",
    "/invocations",
)
ROW = [[1.0, 2.0, 3.0]]
PRICE = 18.0
GOOD: dict[str, Any] = {
    SELDON: {"data": {"ndarray": ROW}},
    V2: {"inputs": [{"name": "x", "datatype": "FP64", "shape": [1, 3], "data": ROW}]},
    TENSORFLOW: {"instances": ROW},
    MLFLOW: {"dataframe_split": {"columns": ["oil", "gas", "fx"], "data": ROW}},
}
PREDICT, INFER = "/seldon.protos.Seldon/Predict", "/inference.GRPCInferenceService/ModelInfer"
SERVING = "/tensorflow.serving.PredictionService/Predict"


@pytest.fixture(scope="module")
def engine(root: Path) -> Iterator[Running]:
    graph = ServedUnit(name="regression", implementation="MLFLOW_SERVER", model=ServedModel(name="m", version="3"))
    with running(root, graph, SDEP_WORKERS="1", SDEP_GRPC_PORT="0") as found:
        yield found


def told(engine: Running) -> Evidence:
    with urllib.request.urlopen(f"http://127.0.0.1:{engine.port}{PATH}", timeout=20) as answer:
        return Evidence.model_validate_json(answer.read())


def posted(engine: Running, path: str, body: bytes, method: str = "POST") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=20)
    connection.request(method, path, body, {"Content-Type": "application/json"})
    code = connection.getresponse().status
    connection.close()
    return code


def called(engine: Running, method: str, request: Any, **options: Any) -> grpc.StatusCode:  # noqa: ANN401 - a message
    with grpc.insecure_channel(f"127.0.0.1:{engine.grpc_port}") as channel:
        call = channel.unary_unary(method, type(request).SerializeToString, bytes)
        try:
            call(request, **{"timeout": 20, **options})
        except grpc.RpcError as error:
            return error.code()
    return grpc.StatusCode.OK


@pytest.mark.parametrize("path", GOOD)
def test_predictions_over_http_are_counted(engine: Running, path: str) -> None:
    before = told(engine)
    for _ in range(3):
        assert posted(engine, path, json.dumps(GOOD[path]).encode()) == 200
    found = told(engine).since(before)

    assert (found.requests, found.errors, found.refusals) == (3, 0, 0)
    assert found.latency.total == 3
    assert 0 < found.latency.quantile(1) < 1
    assert found.predictions.counts == {PRICE: 3}


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        (PREDICT, pb.SeldonMessage(data=pb.DefaultData(tensor=pb.Tensor(shape=[1, 3], values=ROW[0])))),
        (
            INFER,
            v2.ModelInferRequest(
                model_name="regression",
                inputs=[
                    v2.ModelInferRequest.InferInputTensor(
                        name="x",
                        datatype="FP64",
                        shape=[1, 3],
                        contents=v2.InferTensorContents(fp64_contents=ROW[0]),
                    )
                ],
            ),
        ),
        (
            SERVING,
            serving.PredictRequest(
                model_spec=serving.ModelSpec(name="regression"),
                inputs={"x": tftensor_of(np.array(ROW))},
            ),
        ),
    ],
)
def test_predictions_over_grpc_are_counted(engine: Running, method: str, request_: Any) -> None:  # noqa: ANN401 - a message
    before = told(engine)
    for _ in range(2):
        assert called(engine, method, request_) is grpc.StatusCode.OK
    found = told(engine).since(before)

    assert (found.requests, found.errors, found.refusals) == (2, 0, 0)
    assert found.latency.total == 2
    assert found.predictions.counts == {PRICE: 2}


@pytest.mark.parametrize("path", GOOD)
def test_what_the_client_did_wrong_is_a_refusal(engine: Running, path: str) -> None:
    before = told(engine)
    assert posted(engine, path, b"{") == 400
    found = told(engine).since(before)

    assert found == Evidence(requests=1, refusals=1)


def test_what_a_client_of_grpc_did_wrong_is_a_refusal(engine: Running) -> None:
    before = told(engine)
    assert called(engine, PREDICT, pb.SeldonMessage()) is grpc.StatusCode.INVALID_ARGUMENT
    assert called(engine, INFER, v2.ModelInferRequest(model_name="nobody")) is grpc.StatusCode.NOT_FOUND
    assert told(engine).since(before) == Evidence(requests=2, refusals=2)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", path) for path in ("/ready", "/live", "/prometheus", PATH, "/seldon.json", "/api/v1.0/doc/")),
        *(("GET", path) for path in ("/api/v1.0/metadata", "/v2/models/regression", "/v2/health/ready", "/ping")),
        *(("POST", path) for path in ("/api/v1.0/feedback", "/nowhere", "/predict")),
        ("OPTIONS", SELDON),
    ],
)
def test_what_is_no_prediction_is_not_counted(engine: Running, method: str, path: str) -> None:
    """Feedback, metadata, probes, documents, and the calls of an engine elsewhere, which counts them itself."""
    before = told(engine)
    posted(engine, path, json.dumps({"data": {"ndarray": ROW}, "reward": 1}).encode(), method)
    assert told(engine).since(before).model_copy(update={"truth": {}}) == Evidence()


def test_evidence_is_json_in_camel_case(engine: Running) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{engine.port}{PATH}", timeout=20) as answer:
        assert answer.headers["content-type"] == "application/json"
        found = json.load(answer)
    assert sorted(found) == ["bucketed", "classes", "errors", "latency", "predictions", "refusals", "requests", "truth"]
    assert found["latency"].startswith("2|")


async def test_a_model_that_fails_is_an_error(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    client = serve(unit("python"))
    assert (await client.predict({"strData": "no such result"})).code == 500
    assert (await client.predict({"strData": "frame"})).code == 200
    found = Evidence.model_validate_json((await client.get(PATH)).body)

    assert (found.requests, found.errors, found.refusals, found.latency.total) == (2, 1, 0, 1)
    assert (found.predictions.counts, found.classes) == ({1.5: 1}, {"x": 1})


@pytest.mark.parametrize(
    ("graph", "predictions", "classes"),
    [("labels", {}, {"up": 1}), ("two_outputs", {PRICE: 1}, {"0": 1}), ("regression", {PRICE: 1}, {})],
)
@pytest.mark.parametrize("path", [SELDON, V2.replace("regression/", ""), "/v1/models:predict", MLFLOW])
async def test_labels_and_rows_are_counted_alike_over_every_protocol(
    serve: Callable[..., Client],
    unit: Callable[..., ServedUnit],
    graph: str,
    predictions: dict[float, int],
    classes: dict[str, int],
    path: str,
) -> None:
    client = serve(unit(graph))
    body = {**GOOD, V2.replace("regression/", ""): GOOD[V2], "/v1/models:predict": GOOD[TENSORFLOW]}[path]
    answer = await client.send("POST", path, json.dumps(body).encode(), content_type="application/json")
    assert answer.code == 200, answer.body
    found = Evidence.model_validate_json((await client.get(PATH)).body)

    assert found.predictions.counts == {number: pytest.approx(count) for number, count in predictions.items()}
    assert found.classes == classes


async def test_a_container_that_answers_and_fails_in_turn(serve: Callable[..., Client]) -> None:
    said = iter([{"data": {"ndarray": [[0.25, 0.75]]}}, (503, {"status": {"info": "no", "code": 503}})])
    with container(predict=lambda _: next(said)) as model:
        client = serve(ServedUnit(name="m", host="127.0.0.1", http_port=model.port))
        codes = [(await client.predict({"data": {"ndarray": ROW}})).code for _ in range(2)]
    found = Evidence.model_validate_json((await client.get(PATH)).body)

    assert codes[0] == 200
    assert codes[1] >= 500
    assert (found.requests, found.errors, found.latency.total) == (2, 1, 1)
    assert (found.predictions.counts, found.classes) == ({0.75: 1}, {"1": 1})


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_grpc_calls_that_nobody_waits_for_are_no_good_answers(tmp_path: Path) -> None:
    """One whose time was over is the server's fault, one that its client cancelled is not."""
    began = save_slow(tmp_path / "mnt/models/slow", 3)
    request = pb.SeldonMessage(data=pb.DefaultData(tensor=pb.Tensor(shape=[1, 1], values=[1])))
    with (
        running(tmp_path, slow_unit("slow"), SDEP_WORKERS="1", SDEP_GRPC_PORT="0") as engine,
        grpc.insecure_channel(f"127.0.0.1:{engine.grpc_port}") as channel,
    ):
        grpc.channel_ready_future(channel).result(30)
        predict = channel.unary_unary(PREDICT, pb.SeldonMessage.SerializeToString, bytes)
        late = predict.future(request, timeout=2)
        until(lambda: began.read_bytes() == b".")
        assert late.exception(30).code() is grpc.StatusCode.DEADLINE_EXCEEDED
        until(lambda: told(engine) == Evidence(requests=1, errors=1))
        left = predict.future(request)
        until(lambda: began.read_bytes() == b"..")
        left.cancel()
        until(lambda: told(engine) == Evidence(requests=2, errors=1, refusals=1))


def test_workers_are_summed_and_one_that_died_still_counts(tmp_path: Path) -> None:
    """No count falls at any moment between its death and its successor's first request."""
    with running(tmp_path, ServedUnit(name="echo", implementation="SIMPLE_MODEL"), SDEP_WORKERS="2") as engine:
        for _ in range(8):
            engine.post(SELDON, {"data": {"ndarray": [[1.0]]}})
        before = told(engine)
        assert (before.requests, before.predictions.counts) == (8, {1.0: 8})
        process = engine.process.pid
        victim = int(_children(process)[0])
        os.kill(victim, signal.SIGKILL)
        for _ in range(20):
            assert _tried(engine) in {before.requests, None}
        until(lambda: len(_children(process)) == 2 and str(victim) not in _children(process))
        for _ in range(4):
            engine.post(SELDON, {"data": {"ndarray": [[2.0]]}})
        after = told(engine)

    assert after.since(before).requests == after.since(before).latency.total == 4
    assert after.predictions.counts == {1.0: 8, 2.0: 4}


def _tried(engine: Running) -> int | None:
    """None where the connection was given to the one that is dying."""
    try:
        return told(engine).requests
    except OSError:
        return None


def _children(process: int) -> list[str]:
    return Path(f"/proc/{process}/task/{process}/children").read_text().split()


def test_feedback_is_told_by_the_model_that_answered_and_not_by_the_one_that_is_here(engine: Running) -> None:
    """A gateway sends feedback to any predictor; only a path that is missing means the model of this pod."""

    def fed_back(path: dict[str, str], **more: object) -> None:
        response = {"data": {"ndarray": [PRICE]}, "meta": {"requestPath": path}}
        body = {"request": {"data": {"ndarray": ROW}}, "response": response, **more}
        assert posted(engine, "/api/v1.0/feedback", json.dumps(body).encode()) == 200

    before = told(engine)
    fed_back({"regression": "m:3"}, truth={"data": {"ndarray": [PRICE]}})
    fed_back({"price": "other:7"}, truth={"data": {"ndarray": [PRICE - 2]}}, reward=0.25)
    fed_back({}, reward=1)
    fed_back({"regression": "m:3"}, reward=12)
    found = told(engine).since(before).truth

    own, other = found["m:3"], found["other:7"]
    assert (own.correct, own.incorrect, own.rewarded, own.reward, own.strange) == (1, 0, 1, 1.0, 1)
    assert (other.correct, other.incorrect, other.rewarded, other.reward) == (0, 1, 1, 0.25)
    assert other.distances.counts == {2.0: 1}


def test_models_that_feedback_names_are_bounded() -> None:
    """Whoever sends feedback names a model: made-up names end in one count."""
    truths = Truths()
    for number in range(1000):
        truths.known(f"made-up:{number}", Outcome(1, 0))
    found = truths.truth()
    assert len(found) == MOST_MODELS
    assert found[OTHER_MODELS].correct == 1000 - (MOST_MODELS - 1)
    assert sum(truth.correct for truth in Evidence(truth=found).plus(Evidence(truth=found)).truth.values()) == 2000
