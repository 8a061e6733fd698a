"""Graphs with containers: which of them is asked what, over REST, and what becomes of its answer."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from sdep.contract import ServedUnit
from tests.clock import on_the_clock
from tests.unit.runtime.container import container

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Client
    from tests.unit.runtime.container import Container

ROWS = {"data": {"ndarray": [[1, 2, 3]]}}


def _unit(name: str, at: Container, **fields: object) -> ServedUnit:
    return ServedUnit.model_validate({"name": name, "host": "127.0.0.1", "http_port": at.port, **fields})


def _say(**body: object) -> Callable[[Any], Any]:
    return lambda _: body


def _closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def test_a_model_gets_the_message_and_its_headers(serve: Callable[..., Client]) -> None:
    """The container sees the body as the client wrote it, the client's headers, and the id that the client is told."""
    body = {
        "data": {"names": ["a"], "ndarray": [[1], ["x", None]]},
        "meta": {"tags": {"t": 1}},
        "more": {"n": 2**53 + 1},
    }
    with container(predict=lambda asked: {"data": asked["data"], "meta": {}}) as model:
        answer = await serve(_unit("m", model)).predict(body, authorization="Bearer x", content_type="text/plain")

    assert answer.json == {"data": body["data"], "meta": {"tags": {"t": 1}}}
    assert (model.asked[0].path, model.asked[0].body) == ("/predict", body)
    headers = model.asked[0].headers
    assert (headers["authorization"], headers["content-type"]) == ("Bearer x", "application/json")
    assert headers["seldon-puid"] == answer.headers["seldon-puid"]


async def test_meta_is_merged(serve: Callable[..., Client]) -> None:
    """Tags and metrics of all units are in the answer, each once, and the path names the container's image."""
    count = {"key": "calls", "type": "COUNTER", "value": 1}
    told = _say(strData="x", meta={"tags": {"b": 2}, "metrics": [count], "routing": {"inner": 1}})
    with container(predict=told) as leaf, container(transform_input=told) as root:
        graph = _unit("t", root, type="TRANSFORMER", image="t:1", children=[_unit("m", leaf, image="m:2")])
        answer = (await serve(graph).predict({"strData": "", "meta": {"tags": {"a": 1}}})).json

    assert answer["meta"] == {
        "tags": {"a": 1, "b": 2},
        "metrics": [count, count],
        "routing": {"inner": 1},
        "requestPath": {"t": "t:1", "m": "m:2"},
    }
    assert "metrics" not in leaf.asked[0].body["meta"]


@pytest.mark.parametrize(
    ("fields", "paths"),
    [
        ({"type": "MODEL"}, ["/predict"]),
        ({"type": "TRANSFORMER"}, ["/transform-input"]),
        ({"type": "OUTPUT_TRANSFORMER"}, ["/transform-output"]),
        ({"type": "ROUTER"}, ["/route"]),
        ({"type": "COMBINER"}, ["/aggregate"]),
        (
            {"type": "MODEL", "methods": ["TRANSFORM_INPUT", "TRANSFORM_OUTPUT"]},
            ["/transform-input", "/transform-output"],
        ),
        ({"type": "UNKNOWN_TYPE", "methods": ["ROUTE", "AGGREGATE"]}, ["/route", "/aggregate"]),
        ({"type": "UNKNOWN_TYPE"}, []),
    ],
)
async def test_type_and_methods(serve: Callable[..., Client], fields: dict[str, Any], paths: list[str]) -> None:
    """What is called follows from the type and from `methods`, in v1's order; the child is called in every case."""
    echo = lambda asked: asked[0] if isinstance(asked, list) else asked  # noqa: E731
    names = ("predict", "transform_input", "transform_output", "aggregate")
    with (
        container(**dict.fromkeys(names, echo), route=_say(data={"ndarray": [[0]]})) as root,
        container(predict=echo) as leaf,
    ):
        answer = await serve(_unit("u", root, children=[_unit("m", leaf)], **fields)).predict({"strData": "x"})

    assert (answer.code, answer.json["strData"]) == (200, "x")
    assert (root.paths(), leaf.paths()) == (paths, ["/predict"])


@pytest.mark.parametrize(
    ("said", "branch"),
    [
        ({"data": {"ndarray": [[1]]}}, 1),
        ({"data": {"ndarray": [0]}}, 0),
        ({"data": {"tensor": {"shape": [1, 1], "values": [1.0]}}}, 1),
        ([1], 1),
        ({"data": {"ndarray": [-1]}}, -1),
        ({"data": {"ndarray": [-2]}}, -2),
    ],
)
async def test_a_router_chooses(serve: Callable[..., Client], said: object, branch: int) -> None:
    """Every way in which v1 reads a branch is read, and the choice is in `meta.routing`."""
    called = {-1: [["/predict"], ["/predict"]], -2: [[], []], 0: [["/predict"], []], 1: [[], ["/predict"]]}[branch]
    leaf = {"predict": _say(strData="a")}, {"predict": _say(strData="b")}
    with container(route=lambda _: said) as router, container(**leaf[0]) as a, container(**leaf[1]) as b:
        graph = _unit("r", router, type="ROUTER", children=[_unit("a", a), _unit("b", b)])
        answer = (await serve(graph).predict({"strData": "x"})).json

    assert answer["meta"]["routing"] == {"r": branch}
    assert answer["strData"] == {-1: "a", -2: "x", 0: "a", 1: "b"}[branch]
    assert [a.paths(), b.paths()] == called


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"data": {"ndarray": [[7]]}}, "unit 'r': routed to child 7 of 1"),
        ({"data": {"ndarray": [[-3]]}}, "unit 'r': routed to child -3 of 1"),
        ({"meta": {}}, "unit 'r': /route must answer with the number of a child"),
        ({"data": {"ndarray": [["x"]]}}, "unit 'r': /route must answer with the number of a child"),
    ],
)
async def test_a_router_that_errs(serve: Callable[..., Client], said: object, sentence: str) -> None:
    """A reply that names no child is an error with the router's name; v1's engine died of some of these."""
    with container(route=lambda _: said) as router, container(predict=_say(strData="a")) as a:
        answer = await serve(_unit("r", router, type="ROUTER", children=[_unit("a", a)])).predict({"strData": "x"})

    assert answer.code == 500
    assert answer.json["status"]["info"].startswith(sentence)


async def test_containers_and_models_of_this_process(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit]
) -> None:
    """A transformer's answer feeds models of this process, and their answers, as numbers, a container's combiner."""
    double = lambda asked: {"data": {"ndarray": [[2 * x for x in row] for row in asked["data"]["ndarray"]]}}  # noqa: E731
    with container(transform_input=double) as transformer, container(aggregate=lambda asked: asked[1]) as combiner:
        models = [unit("regression"), unit("doubled")]
        below = _unit("c", combiner, type="COMBINER", children=models)
        graph = _unit("t", transformer, type="TRANSFORMER", children=[below])
        answer = (await serve(graph).predict(ROWS)).json

    first, second = combiner.asked[0].body
    assert first["data"] == {"names": [], "ndarray": [pytest.approx(2 + 8 + 18 + 4)]}
    assert answer["data"] == second["data"]
    assert answer["meta"]["requestPath"] == {"regression": "regression_model:3", "doubled": "doubled_model:3"}


async def test_a_containers_refusal(serve: Callable[..., Client]) -> None:
    """The client gets the container's status, its reason and its words, after the unit's name."""
    status = {"status": {"code": -1, "info": "no such row", "reason": "MICROSERVICE_BAD_DATA", "status": 1}}
    with container(predict=lambda _: (418, status)) as model:
        answer = await serve(_unit("m", model)).predict({"strData": "x"})
    with container(predict=lambda _: (502, b"<h1>bad gateway</h1>")) as model:
        plain = await serve(_unit("m", model)).predict({"strData": "x"})

    said = {"code": 418, "info": "unit 'm': no such row", "reason": "MICROSERVICE_BAD_DATA", "status": "FAILURE"}
    assert (answer.code, answer.json["status"]) == (418, said)
    assert plain.code == 502
    assert plain.json["status"]["info"] == "unit 'm': its container answered 502: <h1>bad gateway</h1>"


async def test_answers_that_are_not_json(serve: Callable[..., Client]) -> None:
    """v1's wrapper writes NaN, which reaches the client as null; what is no JSON at all is an error with the unit's name."""
    with container(predict=lambda _: b'{"data": {"ndarray": [NaN]}}') as model:
        answer = await serve(_unit("m", model)).predict({"strData": "x"})
    with container(predict=lambda _: b"pong") as model:
        broken = await serve(_unit("m", model)).predict({"strData": "x"})

    assert answer.json["data"] == {"ndarray": [None]}
    assert broken.code == 500
    assert "unit 'm': the answer of http://127.0.0.1:" in broken.json["status"]["info"]


async def test_nobody_there(serve: Callable[..., Client]) -> None:
    """A container that does not listen makes the engine not ready, and a request an error that names the unit."""
    graph = ServedUnit(name="m", host="127.0.0.1", http_port=_closed_port())
    client = serve(graph)
    ready, answer = await client.get("/ready"), await client.predict({"strData": "x"})

    assert (ready.code, ready.json["status"]["info"]) == (
        503,
        f"unit 'm': no connection to 127.0.0.1:{graph.http_port}",
    )
    assert (answer.code, answer.json["status"]["code"]) == (500, 500)
    assert answer.json["status"]["info"] == f"unit 'm': no connection to http://127.0.0.1:{graph.http_port}"


async def test_ready_when_all_accept(serve: Callable[..., Client]) -> None:
    """With every container listening the engine is ready; it asks them nothing for that."""
    with container(predict=_say(strData="x")) as model:
        assert (await serve(_unit("m", model)).get("/ready")).code == 200
    assert model.asked == []


async def test_status_and_metadata_are_the_containers(serve: Callable[..., Client]) -> None:
    """What a container says of itself is handed on, alone and in the metadata of the graph."""
    told = {"name": "m", "platform": "own", "inputs": [{"name": "a", "datatype": "FP64", "shape": [1]}], "outputs": []}
    with container(metadata=lambda _: told, **{"health/status": _say(strData="fine")}) as model:
        client = serve(_unit("m", model))
        status, metadata = await client.get("/api/v1.0/status/m"), await client.get("/api/v0.1/metadata/m")
        graph = (await client.get("/api/v1.0/metadata")).json

    assert (status.json, metadata.json) == ({"strData": "fine"}, told)
    assert graph == {"name": "main", "models": {"m": told}, "graphinputs": told["inputs"], "graphoutputs": []}


async def test_timeout(serve: Callable[..., Client]) -> None:
    """A call ends with the annotation's time limit, or with the mesh's own where that is sooner."""
    slow = lambda _: time.sleep(0.4) or {"strData": "late"}  # type: ignore[func-returns-value]  # noqa: E731
    with container(predict=slow) as model:
        limited = serve(_unit("m", model), rest_timeout_ms=50)
        answer = await limited.predict({"strData": "x"})
        meshed = await serve(_unit("m", model)).predict({"strData": "x"}, x_envoy_expected_rq_timeout_ms="80")

    info = f"unit 'm': no answer from http://127.0.0.1:{model.port} within"
    assert (answer.code, answer.json["status"]["info"]) == (504, f"{info} 0.05 s")
    assert meshed.json["status"]["info"].startswith(f"{info} 0.0")
    assert 0 < int(model.asked[1].headers["x-envoy-expected-rq-timeout-ms"]) <= 80


@on_the_clock
async def test_siblings_are_cancelled(serve: Callable[..., Client]) -> None:
    """The failure of one child is answered at once: nobody waits for the others."""
    slow = lambda _: time.sleep(1.0) or {"strData": "late"}  # type: ignore[func-returns-value]  # noqa: E731
    with container(predict=slow) as late, container(predict=lambda _: (400, b"no")) as broken:
        graph = _unit("c", broken, type="UNKNOWN_TYPE", children=[_unit("a", late), _unit("b", broken)])
        client, begin = serve(graph), time.perf_counter()
        answer = await client.predict({"strData": "x"})
        seconds = time.perf_counter() - begin

    assert (answer.code, seconds < 0.8) == (400, True)


async def test_feedback_follows_the_route(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """The router and the branch that answered get the client's own feedback, children first; the root's reply is the answer."""
    thanks, order = _say(meta={"tags": {"heard": True}}), []
    named = lambda name: lambda _: order.append(name) or {"meta": {"tags": {"heard": name}}}  # noqa: E731
    with (
        container(send_feedback=named("r")) as router,
        container(send_feedback=named("a")) as a,
        container(send_feedback=thanks) as b,
    ):
        children = [_unit("a", a), _unit("b", b), unit("regression")]
        client = serve(_unit("r", router, type="ROUTER", children=children))
        feedback = {"response": {"meta": {"routing": {"r": 0}}}, "reward": 0.5, "truth": {"strData": "y"}}
        answer = await client.send("POST", "/api/v1.0/feedback", json.dumps(feedback).encode())
        feedback["response"] = {"meta": {"routing": {"r": 2}}}
        await client.send("POST", "/api/v1.0/feedback", json.dumps(feedback).encode())
        text = (await client.get("/prometheus")).body.decode()

    assert (order, b.asked) == (["a", "r", "r"], [])
    assert a.asked[0].body == {**feedback, "response": {"meta": {"routing": {"r": 0}}}}
    assert answer.json["meta"]["tags"] == {"heard": "r"}
    counted = [line for line in text.splitlines() if line.startswith("seldon_api_model_feedback_total{")]
    assert len(counted) == 1
    assert 'model_name="regression"' in counted[0]


@pytest.mark.parametrize(
    ("fields", "told"), [({"type": "TRANSFORMER"}, 0), ({"type": "COMBINER", "methods": ["SEND_FEEDBACK"]}, 1)]
)
async def test_who_takes_feedback(serve: Callable[..., Client], fields: dict[str, Any], told: int) -> None:
    """Models and routers do, and whoever names SEND_FEEDBACK."""
    with container(send_feedback=_say(meta={})) as model:
        answer = await serve(_unit("u", model, **fields)).send("POST", "/api/v1.0/feedback", b'{"reward": 1}')

    assert (answer.code, len(model.asked)) == (200, told)


async def test_calls_are_measured(serve: Callable[..., Client]) -> None:
    """A container's calls are in the metrics of v1's engine, with its image and tag; a registry's port is no tag."""
    with container(predict=_say(strData="x")) as model:
        client = serve(_unit("m", model, image="registry:5000/team/m:1.2"))
        await client.predict({"strData": "x"})
        text = (await client.get("/prometheus")).body.decode()

    labels = 'model_name="m",model_image="registry:5000/team/m",model_version="1.2"'
    found = [
        line for line in text.splitlines() if "client_requests_seconds_count" in line and 'service="/predict"' in line
    ]
    assert len(found) == 1
    assert all(label in found[0] for label in (*labels.split(","), 'code="200"'))
