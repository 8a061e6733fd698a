"""MLflow's scoring protocol: for the same model and request the answer of `mlflow models serve`."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.runtime.flavors import FRAME, MIXED, SAVERS
from tests.unit.runtime.scoring_judge import Judge, Verdict, bodies

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Answer, Client
    from sdep.contract import ServedUnit

OWN_TABLES = {
    "sklearn_pipeline": MIXED.head(4),
    "sklearn_one_column": FRAME[["oil"]].head(3),
    "python_params": pd.DataFrame({"a": [1.5, 2], "b": [1, 2], "c": [0.5, 0.25]}),
    "python_mixed": pd.DataFrame(
        {"d": [1, 2.5], "f": [0.1, 2], "l": [1, 2], "i": [3, 4], "b": [True, False], "s": ["x", "é"]}
    ),
    "python_nested": pd.DataFrame(
        {
            "history": [[1.5, 2.0], [3]],
            "place": [{"city": "A", "rank": 1}, {"city": "B"}],
            "weights": [{"x": 1.0}, {"y": 2.5, "z": 1}],
        }
    ),
    "python_tensors": pd.DataFrame({"left": [[1.0, 2.0], [3.0, 4.5]], "right": [1, 2]}),
}
WHOLE = (FRAME * 3).round().astype(int)


@pytest.mark.parametrize("name", SAVERS)
async def test_answers_are_those_of_mlflow(
    name: str, models: Path, serve: Callable[..., Client], unit: Callable[..., ServedUnit]
) -> None:
    """What MLflow's server answers is answered field by field; what it refuses is refused alike, or answered here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the judge's own
        judge, client = Judge(models / name), serve(unit(name))
        differing = {}
        for which, request in _requests(name).items():
            body, content_type = request if isinstance(request, tuple) else (request, "application/json")
            expected = await judge.ask("POST", "/invocations", body, content_type)
            answer = await client.send("POST", "/invocations", body, content_type=content_type)
            if not _same(expected, answer):
                differing[which] = (expected, answer.code, answer.body[:300])

    assert not differing


def _requests(name: str) -> dict[str, Any]:
    requests = bodies(OWN_TABLES.get(name, FRAME.head(3)))
    if name in OWN_TABLES:
        return requests
    return requests | {f"{which}, whole numbers": body for which, body in bodies(WHOLE.head(3)).items()}


def _same(expected: Verdict, answer: Answer) -> bool:
    if expected.code != 200 and answer.code == 200:
        return True  # MLflow insists on names and exact types; positions and whole numbers are taken here
    if expected.code == 415:
        return answer.code == 415 and answer.headers["content-type"] == expected.content_type
    if answer.code != expected.code or answer.headers["content-type"] != expected.content_type:
        return False
    if answer.code == 200:
        return bool(answer.json == expected.body)
    return answer.json.keys() == {"error_code", "message"} and answer.json["error_code"] == expected.body["error_code"]


async def test_probes_and_version(models: Path, serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """/ping, /health and /version answer as MLflow's server does."""
    judge, regression = Judge(models / "sklearn_regressor"), serve(unit("regression"))
    for path in ("/ping", "/health", "/version"):
        expected, answer = await judge.ask("GET", path), await regression.get(path)
        assert (answer.code, answer.headers["content-type"]) == (expected.code, expected.content_type)
        assert answer.body == (expected.body if isinstance(expected.body, bytes) else answer.body)
    assert (await regression.get("/version")).body.decode().count(".") == 2
    regression.lifecycle.drain(0)
    assert (await regression.get("/ping")).code == 503


async def test_whole_graph(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """A request goes through the graph: here through two models whose answers are averaged."""
    children = (unit("regression"), unit("doubled"))
    graph = unit("mean", type="COMBINER", implementation="AVERAGE_COMBINER", model=None, children=children)
    body = json.dumps({"dataframe_records": [{"oil": 1, "gas": 0, "fx": 0}]}).encode()
    answer = await serve(graph).send("POST", "/invocations", body, content_type="application/json")

    assert answer.json == {"predictions": [pytest.approx(1.5 * 5)]}


@pytest.mark.usefixtures("models")
async def test_chain_of_models(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """A model's DataFrame is the next model's table, by name."""
    graph = unit("python_frame", children=(unit("python_unsigned"),))
    body = json.dumps({"dataframe_split": {"columns": ["oil", "gas", "fx"], "data": [[2, 0, 0]]}}).encode()
    answer = await serve(graph).send("POST", "/invocations", body, content_type="application/json")

    assert answer.json == {"predictions": [[4.0, "x", 0]]}


async def test_unit_without_a_model(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """What is built in answers this protocol too."""
    echo = serve(unit("echo", implementation="SIMPLE_MODEL", model=None))
    answer = await echo.send("POST", "/invocations", b'{"instances": [[1, 2]]}', content_type="application/json")

    assert answer.json == {"predictions": [[1, 2]]}


@pytest.mark.usefixtures("models")
async def test_failing_model_names_itself(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """As at MLflow a model's own failure is a bad request; the sentence says which unit, and has no trace."""
    client = serve(unit("python_unsigned"))
    answer = await client.send("POST", "/invocations", b'{"messages": []}', content_type="application/json")

    assert answer.code == 400
    sentence = "unit 'python_unsigned': AttributeError: 'list' object has no attribute 'dtype'"
    assert answer.json == {"error_code": "BAD_REQUEST", "message": sentence}


async def test_not_a_number_is_null(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """MLflow writes NaN, which is no JSON; a client reads null here."""
    client = serve(unit("echo", implementation="SIMPLE_MODEL", model=None))
    answer = await client.send("POST", "/invocations", b'{"inputs": [[null, 1.5]]}', content_type="application/json")

    assert answer.json == {"predictions": [[None, 1.5]]}
    assert np.isnan(np.array(answer.json["predictions"], dtype=float)[0, 0])
