"""Predictions over the Seldon protocol, with models as MLflow saves them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import joblib
import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Client
    from sdep.contract import ServedUnit

ROW = [75.5, 3.2, 1.18]
PRICE = pytest.approx(75.5 + 2 * 3.2 + 3 * 1.18 + 4)


async def test_document_example(regression: Client) -> None:
    """The request of the user's document gets an answer of the document's shape."""
    answer = await regression.predict({"data": {"ndarray": [ROW]}})

    assert answer.code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json == {
        "data": {"names": [], "ndarray": [PRICE]},
        "meta": {"requestPath": {"regression": "regression_model:3"}},
    }


async def test_tensor_is_answered_with_a_tensor(regression: Client) -> None:
    """A client that writes tensors reads tensors, and whole numbers stand for doubles."""
    answer = await regression.predict({"data": {"tensor": {"shape": [2, 3], "values": [1, 2, 3, 0, 0, 0]}}})

    expected = {"names": [], "tensor": {"shape": [2], "values": [pytest.approx(18), pytest.approx(4)]}}
    assert answer.json["data"] == expected


@pytest.mark.parametrize(
    "table",
    [
        {"oil": [75.5], "gas": [3.2], "fx": [1.18]},
        [{"fx": 1.18, "gas": 3.2, "oil": 75.5}],
        {"dataframe_split": {"columns": ["gas", "oil", "fx"], "data": [[3.2, 75.5, 1.18]]}},
        {"instances": [ROW]},
        [ROW],
    ],
)
async def test_json_tables(regression: Client, table: object) -> None:
    """JsonData may be a table in any of the usual spellings; numbers come back as a tensor, as in v1."""
    answer = await regression.predict({"jsonData": table})

    assert answer.json["data"]["tensor"] == {"shape": [1], "values": [PRICE]}


async def test_names_put_columns_in_order(regression: Client) -> None:
    """Columns are matched by name when the client's names are the model's."""
    answer = await regression.predict({"data": {"names": ["fx", "oil", "gas"], "ndarray": [[1.18, 75.5, 3.2]]}})

    assert answer.json["data"]["ndarray"] == [PRICE]


async def test_foreign_names_mean_position(regression: Client) -> None:
    """Names that v1 clients make up do not keep a model with named columns from answering."""
    answer = await regression.predict({"data": {"names": ["t:0", "t:1", "t:2"], "ndarray": [ROW]}})

    assert answer.json["data"]["ndarray"] == [PRICE]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"names": ["oil", "gas", "x"], "ndarray": [ROW]}, "lacks columns that the model asks for: fx"),
        ({"names": ["oil", "oil", "fx"], "ndarray": [ROW]}, "names a column twice"),
        ({"ndarray": [[1, 2]]}, "rows hold 2 values, and the model asks for 3 columns: oil, gas, fx"),
        ({"ndarray": [[1, 2, 3], [4]]}, "its rows differ in length"),
        ({"ndarray": [1, 2, 3]}, "takes a list of rows"),
        ({"ndarray": [[1, "x", 3]]}, "column 'gas' takes double, and 'x' is none"),
        ({"ndarray": [[1, None, 3]]}, "the model refuses these values: Input X contains NaN"),
        ({"tensor": {"shape": [2, 2], "values": [1]}}, "data.tensor.shape [2, 2] does not fit 1 values"),
        ({"tensor": {"values": ["x"]}}, "data.tensor.values must be a flat list of numbers"),
        ({"names": 5, "ndarray": [ROW]}, "data.names must be a list of strings"),
        ({}, "neither ndarray nor tensor"),
        ([], "data must be an object"),
    ],
)
async def test_bad_data_is_named(regression: Client, data: object, sentence: str) -> None:
    """What the client can mend is a 400 whose text names the field."""
    answer = await regression.predict({"data": data})

    assert answer.code == 400
    status = answer.json["status"]
    assert sentence in status.pop("info")
    assert status == {"code": 400, "reason": "MICROSERVICE_BAD_DATA", "status": "FAILURE"}


@pytest.mark.parametrize("body", [b"", b"[1]", b'"x"', b"{}", b'{"data": [1,}', b'{"binData": "%"}', b'{"strData": 1}'])
async def test_bodies_that_are_no_message(regression: Client, body: bytes) -> None:
    """Anything but a message is a 400 in JSON, never a failure of the server."""
    answer = await regression.send("POST", "/api/v1.0/predictions", body)

    assert answer.code == 400
    assert answer.json["status"]["reason"] == "MICROSERVICE_BAD_DATA"


async def test_malformed_json_is_located(regression: Client) -> None:
    """The error says at which line and column the JSON breaks."""
    answer = await regression.send("POST", "/api/v1.0/predictions", b'{"data": \n{,}}')

    assert "line 2 column 2" in answer.json["status"]["info"]


@pytest.mark.parametrize("name", ["scaled", "tensor", "bare"])
async def test_other_ways_to_save_a_model(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit], name: str
) -> None:
    """Pipelines, tensor signatures and models without a signature answer the same request alike."""
    answer = await serve(unit(name)).predict({"data": {"ndarray": [ROW]}})

    assert answer.json["data"]["ndarray"] == [PRICE]


async def test_array_path_equals_mlflow(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit], root: Path
) -> None:
    """The short way around MLflow gives, bit for bit, what MLflow gives."""
    rows = np.random.default_rng(1).normal(size=(20, 3))
    frame = pd.DataFrame(rows, columns=["oil", "gas", "fx"])
    for name in ("regression", "forest", "scaled"):
        expected = mlflow.pyfunc.load_model(str(root / "mnt/models" / name)).predict(frame)
        answer = await serve(unit(name)).predict({"data": {"ndarray": rows.tolist()}})

        assert answer.json["data"]["ndarray"] == expected.tolist()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("frame", {"data": {"names": ["a", "b"], "ndarray": [[1.5, "x"]]}}),
        ("series", {"data": {"names": [], "tensor": {"shape": [1], "values": [1.5]}}}),
        ("dict", {"jsonData": {"a": [1, 2]}}),
        ("scalar", {"data": {"names": [], "tensor": {"shape": [1], "values": [2.0]}}}),
        ("nan", {"data": {"names": [], "tensor": {"shape": [1], "values": ["NaN"]}}}),
        ("ragged", {"jsonData": [[1], [2, 3]]}),
        ("input", {"strData": "input"}),
    ],
)
async def test_results_of_other_models(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit], asked: str, expected: dict[str, object]
) -> None:
    """Any MLflow model is served, and each kind of result finds a payload; v1 refused most of these."""
    answer = await serve(unit("python")).predict({"strData": asked})

    assert answer.json == {**expected, "meta": {"requestPath": {"python": "python_model:3"}}}


async def test_failing_model(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """A model's own failure is a 500 with the unit's name and one line, and no trace."""
    answer = await serve(unit("python")).predict({"strData": "unknown"})

    assert answer.code == 500
    assert answer.json["status"]["info"] == "unit 'python': KeyError: 'unknown'"
    assert "Traceback" not in answer.body.decode()


async def test_mixed_columns_keep_their_types(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """Text, integers and doubles in one row reach the model as what they are; v1 made text of them all."""
    client = serve(unit("mixed"))
    answer = await client.predict({"data": {"ndarray": [["a", 5, 0.5], ["b", 7.0, 1]]}})

    assert answer.json["data"]["ndarray"] == [pytest.approx(5), pytest.approx(7)]
    refused = await client.predict({"data": {"ndarray": [["a", 5.5, 0.5]]}})
    assert "column 'count' takes long, and 5.5 is none" in refused.json["status"]["info"]


async def test_columns_of_the_answer_are_numbered(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit]
) -> None:
    """An answer with two axes names its columns t:0, t:1, …, as v1 does."""
    answer = await serve(unit("two_outputs")).predict({"data": {"ndarray": [[0, 0, 0]]}})

    assert answer.json["data"] == {"names": ["t:0", "t:1"], "ndarray": [[pytest.approx(4), pytest.approx(-4)]]}


async def test_text_answers(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """Labels come back as an ndarray, whatever kind asked: a tensor holds no text."""
    answer = await serve(unit("labels")).predict({"data": {"tensor": {"shape": [1, 3], "values": [9, 9, 9]}}})

    assert answer.json["data"] == {"names": [], "ndarray": ["up"]}


async def test_sklearn_server_asks_for_probabilities(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit]
) -> None:
    """SKLEARN_SERVER answers with predict_proba unless told otherwise, and a regressor with what it has."""
    request = {"data": {"ndarray": [[9, 9, 9]]}}
    classes = await serve(unit("labels", implementation="SKLEARN_SERVER")).predict(request)
    number = await serve(unit("bare", implementation="SKLEARN_SERVER")).predict(request)
    method = ({"name": "method", "value": "predict", "type": "STRING"},)
    label = await serve(unit("labels", implementation="SKLEARN_SERVER", parameters=method)).predict(request)

    assert sum(classes.json["data"]["ndarray"][0]) == pytest.approx(1)
    assert number.json["data"]["ndarray"] == [pytest.approx(58)]
    assert label.json["data"]["ndarray"] == ["up"]


async def test_joblib_file(serve: Callable[..., Client], unit: Callable[..., ServedUnit], root: Path) -> None:
    """SKLEARN_SERVER serves a bare model.joblib, as v1 did, and checks its width."""
    folder = root / "mnt/models/dumped"
    folder.mkdir(exist_ok=True)
    joblib.dump(LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0]), folder / "model.joblib")
    client = serve(unit("dumped", implementation="SKLEARN_SERVER"))

    assert (await client.predict({"data": {"ndarray": [[3]]}})).json["data"]["ndarray"] == [pytest.approx(6)]
    assert (await client.predict({"data": {"ndarray": [[3, 4]]}})).code == 400


async def test_payloads_pass_through(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """SIMPLE_MODEL gives every kind of payload back as it came."""
    client = serve(unit("echo", implementation="SIMPLE_MODEL", model=None))
    for payload in ({"strData": "é"}, {"jsonData": {"a": [None]}}, {"binData": base64.b64encode(b"\0\1").decode()}):
        assert (await client.predict(payload)).json == {**payload, "meta": {}}


async def test_not_a_number_is_valid_json(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """NaN leaves as null in an ndarray, and in a tensor as the text that protobuf's JSON reads back."""
    client = serve(unit("echo", implementation="SIMPLE_MODEL", model=None))
    tensor = {"tensor": {"shape": [3], "values": ["NaN", "-Infinity", 1]}}
    answer = await client.predict({"data": tensor})
    listed = await client.predict({"data": {"ndarray": [[None, 1.5]]}})

    assert answer.json["data"]["tensor"]["values"] == ["NaN", "-Infinity", 1]
    assert listed.json["data"]["ndarray"] == [[None, 1.5]]


async def test_meta_travels(regression: Client) -> None:
    """The client's puid, tags and path come back, and routing, which only a router may say, does not."""
    meta = {"puid": "p1", "tags": {"batch": 7}, "routing": {"r": 1}, "requestPath": {"before": "x:1"}}
    answer = await regression.predict({"meta": meta, "data": {"ndarray": [ROW]}})

    path = {"regression": "regression_model:3", "before": "x:1"}
    assert answer.json["meta"] == {"puid": "p1", "tags": {"batch": 7}, "requestPath": path}
    assert answer.headers["seldon-puid"] == "p1"


async def test_puid_of_the_header(regression: Client) -> None:
    """A request's Seldon-Puid comes back in header and body; without one the header has a fresh one."""
    given = await regression.predict({"data": {"ndarray": [ROW]}}, seldon_puid="abc")
    fresh = [(await regression.predict({"data": {"ndarray": [ROW]}})).headers["seldon-puid"] for _ in range(2)]

    assert (given.headers["seldon-puid"], given.json["meta"]["puid"]) == ("abc", "abc")
    assert fresh[0] != fresh[1]
