"""Graphs whose containers speak the Open Inference Protocol or TensorFlow's: MLServer itself, our own runtime, and recorded ones."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from sdep.contract import ServedModel, ServedUnit
from tests.unit.runtime.container import container
from tests.unit.runtime.program import PATIENCE_SECONDS, free_ports, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.unit.runtime.conftest import Client
    from tests.unit.runtime.program import Running

LARGE = 2**53 + 1
"""No double can hold it."""
TENSOR = {"name": "x", "datatype": "INT64", "shape": [1, 2], "data": [LARGE, 0]}


def _at(name: str, port: int, grpc_port: int = 0, **fields: object) -> ServedUnit:
    told = {"name": name, "host": "127.0.0.1", "http_port": port, "grpc_port": grpc_port, **fields}
    return ServedUnit.model_validate(told)


@pytest.fixture(scope="module")
def regression_runtime(root: Path) -> Iterator[Running]:
    unit = ServedUnit(name="regression", implementation="MLFLOW_SERVER", model=ServedModel(name="r", version="3"))
    with running(root, unit) as found:
        yield found


async def _infer(client: Client, *inputs: object, **more: object) -> Any:  # noqa: ANN401 - JSON
    answer = await client.send("POST", "/v2/models/infer", json.dumps({"inputs": inputs, **more}).encode())
    return answer.json


async def test_outputs_become_inputs(serve: Callable[..., Client]) -> None:
    """In a chain each container is asked at its own name, with what the one before answered; no integer is rounded."""
    first_says = {"model_name": "a", "outputs": [{**TENSOR, "name": "y", "parameters": {"content_type": "np"}}]}
    second_says = {"model_name": "b", "outputs": [{**TENSOR, "name": "z"}], "parameters": {"p": 1}}
    with container() as a, container() as b:
        a.answers["/v2/models/a/infer"], b.answers["/v2/models/b/infer"] = lambda _: first_says, lambda _: second_says
        client = serve(_at("a", a.port, children=[_at("b", b.port)]), protocol="v2")
        answer = await _infer(client, {**TENSOR, "parameters": {"own": "word"}}, id="7")

    assert a.asked[0].body == {"id": "7", "inputs": [{**TENSOR, "parameters": {"own": "word"}}]}
    assert b.asked[0].body["inputs"] == [{**TENSOR, "name": "y", "parameters": {"content_type": "np"}}]
    assert (answer["outputs"], answer["parameters"], answer["id"]) == ([{**TENSOR, "name": "z"}], {"p": 1}, "7")


@pytest.mark.parametrize("transport", ["rest", "grpc"])
async def test_our_runtime_as_a_container(
    serve: Callable[..., Client], regression_runtime: Running, transport: str
) -> None:
    """Over both transports, for clients of every protocol."""
    at = (regression_runtime.port, regression_runtime.grpc_port)
    client = serve(_at("regression", *at, transport=transport), protocol="kfserving")
    v2 = await _infer(client, {"name": "x", "datatype": "FP64", "shape": [1, 3], "data": [1, 2, 3]})
    seldon = await client.predict({"data": {"ndarray": [[1, 2, 3]]}})
    rows = await client.send("POST", "/v1/models:predict", b'{"instances": [{"oil": 1, "gas": 2, "fx": 3}]}')

    assert v2["outputs"][0]["data"] == pytest.approx([18])
    assert seldon.json["data"]["tensor"] == {"shape": [1, 1], "values": [pytest.approx(18)]}
    assert rows.json == {"predictions": [pytest.approx(18)]}
    assert (await client.get("/v2/models/regression")).json["inputs"][0]["name"] == "oil"
    assert (await client.get("/api/v1.0/status/regression")).json["strData"] == "healthy"


@pytest.mark.parametrize("transport", ["rest", "grpc"])
async def test_a_container_says_no(serve: Callable[..., Client], regression_runtime: Running, transport: str) -> None:
    """Its own code and words come back, with the unit's name."""
    at = (regression_runtime.port, regression_runtime.grpc_port)
    client = serve(_at("regression", *at, transport=transport), protocol="v2")
    body = json.dumps({"inputs": [{"name": "oil", "datatype": "FP64", "shape": [1], "data": [1]}]}).encode()
    answer = await client.send("POST", "/v2/models/infer", body)

    assert answer.code == 400
    assert "unit 'regression': the request lacks columns" in answer.json["error"]


async def test_containers_are_averaged(serve: Callable[..., Client]) -> None:
    """A built-in combiner takes what V2 containers answer, whatever their axes."""
    says = [
        {"outputs": [{"name": "y", "datatype": "FP32", "shape": shape, "data": [n]}]}
        for n, shape in ((1, [1]), (3, [1, 1]))
    ]
    with container() as a, container() as b:
        a.answers["/v2/models/a/infer"], b.answers["/v2/models/b/infer"] = lambda _: says[0], lambda _: says[1]
        children = [_at("a", a.port), _at("b", b.port)]
        graph = ServedUnit(name="avg", type="COMBINER", implementation="AVERAGE_COMBINER", children=tuple(children))
        answer = await _infer(serve(graph, protocol="v2"), TENSOR)

    assert answer["outputs"][0]["data"] == [2]


async def test_predictions_become_instances(serve: Callable[..., Client]) -> None:
    """TensorFlow's servers are chained by rows, and named tensors go as inputs."""
    with container() as a, container() as b:
        a.answers["/v1/models/a:predict"] = lambda _: {"predictions": [[1, 2]]}
        b.answers["/v1/models/b:predict"] = lambda _: {"outputs": {"p": [1], "q": ["x"]}}
        client = serve(_at("a", a.port, children=[_at("b", b.port)]), protocol="tensorflow")
        answer = await client.send("POST", "/v1/models/a:predict", b'{"instances": [[5.0]]}')
        await client.send("POST", "/v1/models/a:predict", b'{"inputs": {"m": [1], "n": [2]}}')

    assert [each.body for each in a.asked] == [{"instances": [[5.0]]}, {"inputs": {"m": [1], "n": [2]}}]
    assert b.asked[0].body == {"instances": [[1, 2]]}
    assert answer.json == {"predictions": [{"p": 1, "q": "x"}]}


MODELS = """
import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, NumpyRequestCodec, PandasCodec
from mlserver.handlers import custom_handler
from starlette.requests import Request
from starlette.responses import JSONResponse


class Sum(MLModel):
    async def predict(self, payload):
        asked = PandasCodec.decode_request(payload)
        return NumpyRequestCodec.encode_response(self.name, asked.sum(axis=1).to_numpy())


class Chooser(MLModel):
    async def predict(self, payload):
        first = NumpyCodec.decode_input(payload.inputs[0]).ravel()[0]
        return NumpyRequestCodec.encode_response(self.name, np.array([int(first > 0)]))


class Joiner(MLModel):
    async def predict(self, payload):
        said = [f"{each.name}={NumpyCodec.decode_input(each).ravel().tolist()}" for each in payload.inputs]
        return NumpyRequestCodec.encode_response(self.name, np.array([len(" ".join(said)), len(payload.inputs)]))


class AsV1(MLModel):
    @custom_handler(rest_path="/v2/models/chooser/route")
    async def route(self, request: Request) -> JSONResponse:
        return JSONResponse([1])

    @custom_handler(rest_path="/v2/models/joiner/aggregate")
    async def aggregate(self, request: Request) -> JSONResponse:
        values = [answer["outputs"][0]["data"][0] for answer in await request.json()]
        told = {"name": "mean", "datatype": "FP64", "shape": [1], "data": [sum(values) / len(values)]}
        return JSONResponse({"model_name": "joiner", "outputs": [told]})
"""


@contextmanager
def _mlserver(python: Path, folder: Path, **models: str) -> Iterator[tuple[int, int]]:
    """`models` are classes of `MODELS` by the name under which each is served."""
    http, rpc, metrics = free_ports(3)
    (folder / "model.py").write_text(MODELS)
    told = {"http_port": http, "grpc_port": rpc, "metrics_port": metrics, "parallel_workers": 0, "host": "127.0.0.1"}
    (folder / "settings.json").write_text(json.dumps(told))
    for name, implementation in models.items():
        (folder / name).mkdir()
        settings = {"name": name, "implementation": f"model.{implementation}"}
        (folder / name / "model-settings.json").write_text(json.dumps(settings))
    command = [str(python.with_name("mlserver")), "start", "."]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            for name in models:
                _await(f"http://127.0.0.1:{http}/v2/models/{name}/ready", process, folder / "log")
            yield http, rpc
        finally:
            process.kill()


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.HTTPError, OSError):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)


async def test_mlserver_is_a_container(serve: Callable[..., Client], peers_python: Path, tmp_path: Path) -> None:
    """A real MLServer with a model of its own, over REST and gRPC: columns reach it with names and types."""
    with _mlserver(peers_python, tmp_path, sum="Sum") as ports:
        for transport in ("rest", "grpc"):
            client = serve(_at("sum", *ports, transport=transport), protocol="v2")
            columns = [
                {"name": name, "datatype": "INT64", "shape": [2, 1], "data": [n, 0]} for name, n in (("a", 1), ("b", 2))
            ]
            answer = await _infer(client, *columns, parameters={"content_type": "pd"})
            assert (answer["outputs"][0]["data"], answer["outputs"][0]["shape"]) == ([3, 0], [2, 1])


async def test_mlserver_routes_and_combines(serve: Callable[..., Client], peers_python: Path, tmp_path: Path) -> None:
    """It has no path but that of inferences: the branch is its first value, and children's answers come under their names."""
    units = {"chooser": "Chooser", "joiner": "Joiner", "a": "Sum", "b": "Sum"}
    with _mlserver(peers_python, tmp_path, **units) as ports:
        for transport in ("rest", "grpc"):
            client = serve(_routed_and_combined(*ports, transport), protocol="v2")
            combined = await _infer(client, _number("x", -5))
            alone = await _infer(client, _number("x", 5))
            assert combined["outputs"][0]["data"] == [len("a.output-0=[-5] b.output-0=[-5]"), 2], transport
            assert (alone["outputs"][0]["data"], alone["outputs"][0]["shape"]) == ([5], [1, 1]), transport


async def test_paths_of_v1_are_asked_first(serve: Callable[..., Client], peers_python: Path, tmp_path: Path) -> None:
    """v1 posts the request to `/route`, which answers a list, and a list of answers to `/aggregate`."""
    units = {"chooser": "AsV1", "joiner": "AsV1", "a": "Sum", "b": "Sum"}
    with _mlserver(peers_python, tmp_path, **units) as ports:
        routed = await _infer(serve(_routed_and_combined(*ports, "rest"), protocol="v2"), _number("x", -5))
        combiner = _routed_and_combined(*ports, "rest").children[0]
        combined = await _infer(serve(combiner, protocol="kfserving"), _number("x", 7))

    assert routed["outputs"][0]["data"] == [-5]
    assert combined["outputs"] == [{"name": "mean", "datatype": "FP64", "shape": [1], "data": [7]}]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"route": (400, {"error": "x is no colour"}), "infer": (404, {"error": "unknown"})}, (400, "x is no colour")),
        ({"route": (404, {}), "infer": (422, {"error": "x is no colour"})}, (422, "x is no colour")),
        ({"route": (503, {"error": "out of memory"})}, (503, "out of memory")),
        ({"route": {"outputs": [{"name": "b", "datatype": "FP32", "shape": [1], "data": [0.5]}]}}, (500, "number of a child")),
    ],
)  # fmt: skip
async def test_a_router_says_no(
    serve: Callable[..., Client], answers: dict[str, object], said: tuple[int, str]
) -> None:
    """Its own words come back, from the path that it has."""
    with container() as router, container() as child:
        for path, answer in answers.items():
            router.answers[f"/v2/models/router/{path}"] = lambda _, answer=answer: answer
        unit = _at("router", router.port, type="ROUTER", children=[_at("a", child.port)])
        body = json.dumps({"inputs": [TENSOR]}).encode()
        answer = await serve(unit, protocol="v2").send("POST", "/v2/models/infer", body)

    assert answer.code == said[0]
    assert said[1] in answer.json["error"]


async def test_feedback_stays_where_a_protocol_has_no_word_for_it(serve: Callable[..., Client]) -> None:
    """As in v1; what it says is counted here."""
    with container() as router, container() as child:
        unit = _at("router", router.port, type="ROUTER", children=[_at("a", child.port)])
        client = serve(unit, protocol="v2")
        answer = await client.send(
            "POST", "/api/v1.0/feedback", b'{"reward": 1, "response": {"meta": {"routing": {}}}}'
        )
        page = (await client.get("/prometheus")).body.decode()

    assert (answer.code, router.asked, child.asked) == (200, [], [])
    assert "seldon_api_model_feedback_reward_total{" in page


def _number(name: str, value: int) -> dict[str, object]:
    return {"name": name, "datatype": "INT64", "shape": [1, 1], "data": [value]}


def _routed_and_combined(http: int, grpc: int, transport: str) -> ServedUnit:
    """A router before a combiner of two and one of the two alone."""
    told: dict[str, object] = {"transport": transport}
    a, b = _at("a", http, grpc, **told), _at("b", http, grpc, **told)
    joiner = _at("joiner", http, grpc, type="COMBINER", children=[a, b], **told)
    return _at("chooser", http, grpc, type="ROUTER", children=[joiner, b], **told)
