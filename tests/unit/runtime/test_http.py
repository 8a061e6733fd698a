"""The HTTP surface: forms, probes, limits, headers, metadata, feedback, metrics."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from sdep.rollout.metadata import GraphMetadata

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Client
    from sdep.contract import ServedUnit

PREDICTIONS = "/api/v1.0/predictions"
FORM = "application/x-www-form-urlencoded"
MESSAGE = {"data": {"ndarray": [[0, 0, 0]]}}
FOUR = {"names": [], "ndarray": [pytest.approx(4)]}


async def test_old_path(regression: Client) -> None:
    """v0.1 of the API answers like v1.0."""
    answer = await regression.send("POST", "/api/v0.1/predictions", json.dumps(MESSAGE).encode())

    assert answer.json["data"] == FOUR


async def test_form_and_query(regression: Client) -> None:
    """The message may be the field `json` of a form or of the query, and curl's default type still means JSON."""
    text = json.dumps(MESSAGE)
    encoded = urlencode({"json": text}).encode()
    answers = [
        await regression.send("POST", PREDICTIONS, encoded, content_type=FORM),
        await regression.send("POST", PREDICTIONS, query=encoded),
        await regression.send("POST", PREDICTIONS, text.encode(), content_type=FORM),
    ]

    assert [answer.json["data"] for answer in answers] == [FOUR] * 3
    missing = await regression.send("POST", PREDICTIONS, b"x=1", content_type=FORM)
    assert missing.json["status"]["info"] == "the form has no field json"


async def test_multipart(regression: Client) -> None:
    """A multipart form gives a message's fields one by one."""
    body = '--B\r\nContent-Disposition: form-data; name="data"\r\n\r\n{"ndarray": [[0, 0, 0]]}\r\n--B--\r\n'
    answer = await regression.send("POST", PREDICTIONS, body.encode(), content_type="multipart/form-data; boundary=B")

    assert answer.json["data"] == FOUR


async def test_unknown_path_and_method(regression: Client) -> None:
    """404 and 405 are what they are, in JSON; v1's wrapper made 500 of both."""
    lost = await regression.get("/api/v1.0/predictions/")
    wrong = await regression.get(PREDICTIONS)

    assert (lost.code, lost.json["status"]["reason"]) == (404, "NOT_FOUND")
    assert (wrong.code, wrong.headers["allow"]) == (405, "OPTIONS,POST")


async def test_browsers(regression: Client) -> None:
    """A preflight is answered with v1's CORS headers and an empty body."""
    answer = await regression.send("OPTIONS", PREDICTIONS)

    assert (answer.code, answer.body) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "OPTIONS,POST"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_cloud_events(regression: Client) -> None:
    """A CloudEvents request gets v1's CloudEvents headers back."""
    answer = await regression.predict(MESSAGE, ce_specversion="1.0", seldon_puid="p")

    assert answer.headers["ce-type"] == "seldon.prices.data.response"
    assert answer.headers["ce-id"] == "p"


async def test_probes(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """Ready turns 503 the moment draining begins; alive and predicting go on, and connections are closed politely."""
    client = serve(unit("echo", implementation="SIMPLE_MODEL", model=None))
    paths = ("/ready", "/live", "/api/v1.0/status", "/api/v1.0/health/status", "/health/ping")
    before = [(await client.get(path)).code for path in paths]
    client.lifecycle.drain(0.0)
    after = [(await client.get(path)).code for path in paths]
    answer = await client.predict({"strData": "x"})

    assert before == [200, 200, 200, 200, 200]
    assert after == [503, 200, 503, 503, 200]
    assert (answer.code, answer.headers["connection"]) == (200, "close")


async def test_metadata(regression: Client) -> None:
    """Metadata tells the registered model, its version and its signature, for the graph and for each unit."""
    graph, unit = (
        (await regression.get("/api/v1.0/metadata")).json,
        await regression.get("/api/v0.1/metadata/regression"),
    )

    inputs = [{"name": name, "datatype": "FP64", "shape": [-1]} for name in ("oil", "gas", "fx")]
    assert (graph["name"], graph["graphinputs"]) == ("main", inputs)
    assert graph["models"] == {"regression": unit.json}
    columns = [{"name": name, "type": "double", "required": True} for name in ("oil", "gas", "fx")]
    assert GraphMetadata.model_validate(graph).of("regression").signature == columns
    assert (unit.json["name"], unit.json["versions"], unit.json["platform"]) == ("regression_model", ["3"], "sklearn")
    assert (await regression.get("/api/v1.0/metadata/other")).code == 404
    assert (await regression.get("/api/v1.0/status/regression")).json["strData"] == "healthy"


def _sample(text: str, name: str, **labels: str) -> float:
    """The value of the one series of that name that has these labels."""
    found = [
        float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if re.match(rf"{name}[{{ ]", line) and all(f'{key}="{value}"' in line for key, value in labels.items())
    ]
    assert len(found) == 1, found
    return found[0]


async def test_metrics(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """v1's metrics under v1's names: one observation per request and per unit call, and a count of predictions."""
    client = serve(unit("regression"))
    for message in (MESSAGE, MESSAGE, {"data": {"ndarray": [[0]]}}):
        await client.predict(message)
    answer = await client.get("/prometheus")
    text = answer.body.decode()

    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    owner = {"deployment_name": "prices", "predictor_name": "main", "predictor_version": "v2"}
    server = {**owner, "service": "predictions", "method": "post"}
    called = {**owner, "service": "/predict", "model_name": "regression", "model_version": "3"}
    assert _sample(text, "seldon_deployment_prediction_count", namespace="data", **owner) == 2
    for code, count in (("200", 2), ("400", 1)):
        name = "seldon_api_executor_server_requests_seconds_count"
        assert _sample(text, name, code=code, status=code, **server) == count
        assert (
            _sample(text, name.replace("server", "client"), code=code, model_image="regression_model", **called)
            == count
        )
    assert _sample(text, "seldon_api_executor_server_requests_seconds_bucket", le="0.025", code="400", **server) == 1
    assert "_created" not in text


async def test_feedback(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """Feedback reaches the branch that answered and no other; v1 rewarded every branch."""
    children = tuple(unit(name, implementation="SIMPLE_MODEL", model=None) for name in ("a", "b"))
    client = serve(unit("ab", implementation="RANDOM_ABTEST", model=None, children=children))
    answer = (await client.predict({"strData": "x"})).json
    feedback = json.dumps({"request": {"data": {"ndarray": [1]}}, "response": answer, "reward": 0.5}).encode()
    reply = await client.send("POST", "/api/v1.0/feedback", feedback)
    text = (await client.get("/prometheus")).body.decode()

    chosen = "ab"[answer["meta"]["routing"]["ab"]]
    other = "ab".replace(chosen, "")
    assert (reply.code, reply.json) == (200, {"data": {"names": [], "ndarray": []}, "meta": {}})
    assert _sample(text, "seldon_api_model_feedback_total", model_name=chosen) == 1
    assert _sample(text, "seldon_api_model_feedback_reward_total", model_name=chosen) == 0.5
    assert f'model_name="{other}"' not in text.partition("feedback_total")[2]
    assert (await client.send("POST", "/api/v1.0/feedback", b'{"reward": "x"}')).code == 400
