"""Which of two versions is right more often is found by feedback through the gateway, and told without moving traffic."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from demo import traffic
from demo.kubectl import Target
from tests.node import sdep
from tests.node.sdep import NAMESPACE, unit

NAME = "compared"
MODEL = "commodity_price_predictor"
SECONDS = 60
EXPERIMENT = {
    "goal": {"name": "correct"},
    "guardrails": [{"name": "errors", "margin": 10}],
    "interval": "1s",
    "minSamples": 30,
}


@pytest.fixture
def compared(target: Target, scratch: list[str]) -> str:
    scratch.append(NAME)
    arms = [
        {"name": name, "traffic": 50, "graph": unit(f"models:/{MODEL}/{version}", name="price")}
        for name, version in (("main", "1"), ("other", "2"))
    ]
    sdep.apply(target, sdep.manifest(NAME, *arms, experiment=EXPERIMENT))
    sdep.wait_ready(target, NAME)
    sdep.wait_routed(target, NAME)
    return NAME


def users(connection: http.client.HTTPConnection, name: str) -> Iterator[str]:
    """People who say what the price was: as version 2 had said, and ten more than version 1 had. The version that answered each."""

    def post(what: str, body: object) -> Any:  # noqa: ANN401 - decoded JSON
        path = f"/seldon/{NAMESPACE}/{name}/api/v1.0/{what}"
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status == 200, said
        return json.loads(said)

    while True:
        answer = post("predictions", {"data": {"ndarray": [traffic.ROW]}})
        version = answer["meta"]["requestPath"]["price"].rpartition(":")[2]
        price = float(answer["data"]["ndarray"][0])
        truth = price if version == "2" else price + 10
        post("feedback", {"response": answer, "truth": {"data": {"ndarray": [truth]}}, "reward": 0.5})
        yield version


def experiment(target: Target, name: str) -> dict[str, Any]:
    found: dict[str, Any] = sdep.status(target, name).get("experiment") or {}
    return found


def test_feedback_through_the_gateway_finds_the_version_that_is_right(target: Target, compared: str) -> None:
    """A gateway sends feedback to either predictor: it counts for the version that had answered."""
    began, answered = time.time(), {"1": 0, "2": 0}
    with closing(http.client.HTTPConnection(target.gateway, timeout=20)) as connection:
        for number, version in enumerate(users(connection, compared)):
            answered[version] += 1
            if number % 50 == 49 and experiment(target, compared).get("winner"):
                break
            assert time.time() - began < SECONDS, experiment(target, compared)
    found = experiment(target, compared)
    print(f"won after {time.time() - began:.0f} s and {answered} answers")
    assert (found["phase"], found["reason"], found["winner"]) == ("Decided", "WinnerDeclared", "other")
    main, other = found["arms"]
    assert (main["models"], main["correct"]) == ([f"{MODEL}:1"], 0)
    assert (other["models"], other["incorrect"]) == ([f"{MODEL}:2"], 0)
    assert 30 <= main["incorrect"] <= answered["1"]
    assert 30 <= other["correct"] <= answered["2"]
    assert sdep.condition(target, compared, "ExperimentDecided")["status"] == "True"
    assert ("WinnerDeclared", found["message"]) in sdep.events(target, compared)
    weights = {each["name"]: each["traffic"] for each in sdep.status(target, compared)["predictors"]}
    assert weights == {"main": 50, "other": 50}
