"""Feedback that says what was true: how right which version of which model was."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from sdep.contract import ServedModel, ServedParameter, ServedPredictor, ServedUnit
from sdep.runtime.confidence import Stated
from sdep.runtime.metrics import Metrics
from sdep.runtime.predictor import load_predictor
from sdep.runtime.rpc import seldon_pb2 as pb
from sdep.runtime.rpc.convert import feedback_body, message_of
from sdep.runtime.seldon.api import SeldonApi
from sdep.runtime.seldon.truth import Outcome, Tolerance, outcome
from sdep.runtime.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Client

ONE_RIGHT = Stated([0.9, 0.8], [True, False], [pytest.approx(0.02), pytest.approx(1.28)])
BOTH_RIGHT = Stated([0.9, 0.8], [True, True], [pytest.approx(0.02), pytest.approx(0.08)])
EXACT, NEAR = Tolerance(), Tolerance(0.5)


def _rows(*rows: Any, names: list[str] | None = None) -> Any:  # noqa: ANN401 - decoded JSON
    return {"data": {"names": names or [], "ndarray": list(rows)}}


def _tensor(*values: float, shape: list[int] | None = None) -> Any:  # noqa: ANN401 - decoded JSON
    return {"data": {"tensor": {"shape": shape or [len(values)], "values": list(values)}}}


@pytest.mark.parametrize(
    ("said", "true", "allowed", "found"),
    [
        (_rows(2.25, 4.0), _rows(2.0, 3.0), NEAR, Outcome(1, 1, [0.25, 1.0], [0.125, 1 / 3])),
        (_rows([2.0], [4.0]), _tensor(2.0, 0.0), EXACT, Outcome(1, 1, [0.0, 4.0], [0.0])),
        (_rows([1.0, 2.0], [3.0, 4.0]), _rows([1.0, 2.0], [3.0, 9.0]), EXACT, Outcome(1, 1, [0, 0, 0, 5], [0, 0, 0, 5 / 9])),
        (_rows(1.0000001), _rows(1), EXACT, Outcome(1, 0, [pytest.approx(1e-7)], [pytest.approx(1e-7)])),
        (_rows(11.0), _rows(10.0), Tolerance(0, 0.2), Outcome(1, 0, [1.0], [0.1])),
        (_rows(1, 0, 2), _rows(1, 1, 2), EXACT, Outcome(2, 1)),
        (_rows("up", "down"), _rows("up", "up"), EXACT, Outcome(1, 1)),
        (_rows([0.1, 0.9], [0.8, 0.2]), _rows(1, 1), EXACT, Outcome(1, 1, stated=ONE_RIGHT)),
        (_rows([0.1, 0.9], [0.8, 0.2], names=["no", "yes"]), _rows("yes", "no"), EXACT, Outcome(2, 0, stated=BOTH_RIGHT)),
        (_rows([1.5, 9.0], [8.0, 2.0]), _rows(1, 1), EXACT, Outcome(1, 1)),
        ({"strData": "cat"}, {"strData": "cat"}, EXACT, Outcome(1, 0)),
        ({"jsonData": {"a": 1}}, {"jsonData": {"a": 2}}, EXACT, Outcome(0, 1)),
        ({"jsonData": ["a", "b"]}, _rows("a", "c"), EXACT, Outcome(1, 1)),
        (_rows(1.0, 2.0), _rows(1.0), EXACT, None),
        (_rows(1.0), {"meta": {}}, EXACT, None),
        (_rows(1.0), {"strData": "x"}, EXACT, Outcome(0, 1)),
        (_rows(), _rows(), EXACT, None),
    ],
)  # fmt: skip
def test_answers_and_truths(said: object, true: object, allowed: Tolerance, found: Outcome | None) -> None:
    """Rows of numbers within the tolerance, labels, probabilities by their greatest, text and JSON as wholes."""
    assert outcome({"response": said, "truth": true}, allowed) == found


def _counted(text: str, name: str = "model_predictions_total") -> dict[tuple[str, str, str], float]:
    """By model, version and outcome."""
    found = {}
    for labels, value in re.findall(rf"^{name}\{{(.*)\}} (\S+)$", text, re.MULTILINE):
        label = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        found[label["model_name"], label["model_version"], label.get("outcome", "")] = float(value)
    return found


async def _tell(client: Client, response: object, truth: object) -> int:
    body = {"response": response, "truth": truth}
    return (await client.send("POST", "/api/v1.0/feedback", json.dumps(body).encode())).code


async def test_a_models_outcomes_are_counted(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """The answer sent back with the truth is all that is needed; `tolerance` says what is near enough."""
    parameters = (ServedParameter(name="tolerance", value="0.5", type="FLOAT"),)
    client = serve(unit("regression", parameters=parameters))
    answer = (await client.predict(_rows([1, 1, 1], [0, 0, 0]))).json
    await _tell(client, answer, _rows(10.25, 7.0))
    await _tell(client, answer, _rows(1.0))
    text = (await client.get("/prometheus")).body.decode()

    assert _counted(text) == {
        ("regression", "3", "correct"): 1,
        ("regression", "3", "incorrect"): 1,
        ("regression", "3", "incomparable"): 1,
    }
    assert _counted(text, "model_absolute_error_sum") == {("regression", "3", ""): pytest.approx(0.25 + 3)}
    assert _counted(text, "model_relative_error_count") == {("regression", "3", ""): 2}


async def test_the_model_that_answered_is_found_by_the_route(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit]
) -> None:
    """Below a router it is the child that was chosen; of several children it is their combiner."""
    children = [unit("regression"), unit("doubled")]
    routed = serve(
        ServedUnit(name="r", type="ROUTER", implementation="RANDOM_ABTEST", children=children,
                   parameters=(ServedParameter(name="weights", value="0,1", type="STRING"),))
    )  # fmt: skip
    combined = serve(ServedUnit(name="c", type="COMBINER", implementation="AVERAGE_COMBINER", children=children))
    for client in (routed, combined):
        answer = (await client.predict(_rows([1, 1, 1]))).json
        await _tell(client, answer, answer)

    assert _counted((await routed.get("/prometheus")).body.decode())["doubled", "3", "correct"] == 1
    assert _counted((await combined.get("/prometheus")).body.decode())["c", "", "correct"] == 1


def test_versions_are_those_that_answered_and_bounded() -> None:
    """Another predictor's version is counted as such; made-up ones end in one series."""
    unit = ServedUnit(name="m", implementation="MLFLOW_SERVER", model=ServedModel(name="price", version="1"))
    metrics = Metrics(ServedPredictor(deployment="d", namespace="n", predictor="p", graph=unit))
    right = Outcome(1, 0)
    for path in ({}, {"m": "price:1"}, {"canary": "price:2"}, {"m": "price:2"}, {"m": "x:3"}, {"m": "rubbish"}):
        metrics.tracking.observe(unit, path, right)
    found = _counted(metrics.exposition().decode())
    assert {version: count for (_, version, said), count in found.items() if said == "correct"} == {
        "1": 2,
        "2": 2,
        "other": 2,
    }
    for number in range(1000):
        metrics.tracking.observe(unit, {"m": f"price:{number}"}, right)
    assert len(_counted(metrics.exposition().decode())) < 50


async def test_a_path_that_names_no_model_is_refused(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit]
) -> None:
    """What `meta.requestPath` holds is text, in a feedback and in a request: the unit is named where it is not."""
    client = serve(unit("regression"))
    meta = {"requestPath": {"r": [0]}}
    body = {"request": _rows([1, 1, 1]), "response": {"meta": meta}, "truth": _rows([1, 1, 1])}
    told = await client.send("POST", "/api/v1.0/feedback", json.dumps(body).encode())
    asked = await client.predict({**_rows([1, 1, 1]), "meta": meta})

    assert (told.code, asked.code) == (400, 400)
    assert told.json["status"]["info"] == "response.meta.requestPath.r must be a string, not a list"
    assert asked.json["status"]["info"] == "meta.requestPath.r must be a string, not a list"


def test_methods_that_nobody_knows_are_one_series() -> None:
    """No request can make a label value of its own."""
    metrics = Metrics(ServedPredictor(deployment="d", namespace="n", predictor="p", graph=ServedUnit(name="m")))
    for number in range(100):
        metrics.served("predictions", f"made-up-{number}", 405, 0.1)
    text = metrics.exposition().decode()

    assert "made-up" not in text
    assert re.search(r'server_requests_seconds_count\{.*method="other".*\} 100\.0', text)


async def test_feedback_as_grpc_writes_it(root: Path, unit: Callable[..., ServedUnit]) -> None:
    """The same counting for gRPC's message, whose numbers are all doubles."""
    served = unit("regression")
    told = ServedPredictor(deployment="d", namespace="n", predictor="p", graph=served)
    metrics = Metrics(told)
    api = SeldonApi(told, metrics)
    api.predictor = load_predictor(Settings(told, root=root), metrics)
    message = pb.Feedback(response=message_of(_tensor(1.5, 2)), truth=message_of(_tensor(1.5, 3)), reward=1)
    await api.feedback(feedback_body(message), "")

    found = _counted(metrics.exposition().decode())
    assert found == {("regression", "3", "correct"): 1, ("regression", "3", "incorrect"): 1}
