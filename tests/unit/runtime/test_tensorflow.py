"""TensorFlow Serving's predict protocol over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sdep.contract import ServedUnit

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runtime.conftest import Answer, Client

ROW = {"oil": 1, "gas": 2.0, "fx": 3}
PRICE = 18.0


async def predict(client: Client, body: object, path: str = "/v1/models/regression:predict") -> Answer:
    return await client.send("POST", path, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"instances": [[1, 2, 3], [0, 0, 0]]}, {"predictions": [PRICE, 4]}),
        ({"instances": [ROW, ROW], "signature_name": "serving_default"}, {"predictions": [PRICE, PRICE]}),
        ({"inputs": [[1, 2, 3]]}, {"outputs": [PRICE]}),
        ({"inputs": {name: [value] for name, value in ROW.items()}}, {"outputs": [PRICE]}),
    ],
)
async def test_rows_and_tensors(regression: Client, body: dict[str, Any], answer: dict[str, Any]) -> None:
    """`instances` is answered row by row, `inputs` as a tensor; each by position or by name."""
    found = (await predict(regression, body)).json

    assert {key: pytest.approx(value) for key, value in found.items()} == answer


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/models:predict", "/v1/models/:predict", "/v1/models/regression/:predict", "/v1/models/main:predict"),
        "/v1/models/regression_model/versions/3:predict",
    ],
)
async def test_v1s_paths_and_every_name(regression: Client, path: str) -> None:
    """With and without a model's name or version."""
    assert (await predict(regression, {"instances": [[1, 2, 3]]}, path)).json == {"predictions": [pytest.approx(PRICE)]}


async def test_named_answers_are_objects(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """A DataFrame is a list of rows with names, or a tensor for each column."""
    client = serve(unit("python"))
    rows = await predict(client, {"instances": ["frame"]}, "/v1/models/python:predict")
    columns = await predict(client, {"inputs": ["frame"]}, "/v1/models/python:predict")

    assert rows.json == {"predictions": [{"a": 1.5, "b": "x"}]}
    assert columns.json == {"outputs": {"a": [1.5], "b": ["x"]}}


async def test_bytes_are_base64(serve: Callable[..., Client]) -> None:
    """Both ways, as an object with `b64`."""
    client = serve(ServedUnit(name="echo", implementation="SIMPLE_MODEL"))

    sent = [[{"b64": "/wA="}], [{"b64": "Yw=="}]]
    assert (await predict(client, {"instances": sent}, "/v1/models/echo:predict")).json == {"predictions": sent}


async def test_state_and_metadata(regression: Client) -> None:
    """The version that is there is available; the signature is in TensorFlow's words."""
    state = (await regression.get("/v1/models/regression")).json["model_version_status"][0]
    metadata = (await regression.get("/v1/models/regression/metadata")).json

    assert (state["version"], state["state"]) == ("3", "AVAILABLE")
    inputs = metadata["metadata"]["signature_def"]["signature_def"]["serving_default"]["inputs"]
    assert {name: each["dtype"] for name, each in inputs.items()} == dict.fromkeys(("oil", "gas", "fx"), "DT_DOUBLE")


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "instances or with inputs"),
        ({"instances": [], "inputs": []}, "not with both"),
        ({"instances": []}, "at least one row"),
        ({"instances": [{"a": 1}, {"b": 1}]}, "the same fields"),
        ({"instances": [[1], [1, 2]]}, "differ in length"),
        ({"instances": [[{"c": 1}]]}, "base64"),
    ],
)
async def test_refusals(regression: Client, body: object, word: str) -> None:
    """TensorFlow's form of an error, and a sentence."""
    answer = await predict(regression, body)

    assert (answer.code, list(answer.json)) == (400, ["error"])
    assert word in answer.json["error"]


async def test_unknown_models(regression: Client) -> None:
    """A 404 in TensorFlow's form."""
    answer = await predict(regression, {"instances": [[1]]}, "/v1/models/other:predict")

    assert (answer.code, "no model 'other'" in answer.json["error"]) == (404, True)
