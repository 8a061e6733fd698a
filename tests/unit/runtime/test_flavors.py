"""Every kind of model over the Seldon protocol: what `mlflow.pyfunc.load_model(…).predict` says of the same table."""

from __future__ import annotations

import json
import sys
import warnings
from typing import TYPE_CHECKING, Any

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest

from sdep.contract import ServedParameter
from tests.unit.runtime.flavors import FRAME, MIXED, NAMES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Client
    from sdep.contract import ServedUnit

OF_NUMBERS = [
    *("sklearn_regressor", "sklearn_classifier", "sklearn_probabilities", "xgboost_regressor", "xgboost_classifier"),
    *("xgboost_booster", "lightgbm_regressor", "lightgbm_classifier", "lightgbm_booster", "statsmodels_ols"),
]


def said_by_mlflow(directory: Path, table: object) -> Any:  # noqa: ANN401 - any result
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own
        result = mlflow.pyfunc.load_model(str(directory)).predict(table)
    return result.to_numpy().tolist() if hasattr(result, "to_numpy") else np.asarray(result).tolist()


@pytest.mark.parametrize("name", OF_NUMBERS)
async def test_tables_of_numbers(
    name: str, models: Path, serve: Callable[..., Client], unit: Callable[..., ServedUnit]
) -> None:
    """By position, by name in any order, as a tensor and as JSON, the predictions are MLflow's to the last bit."""
    client, table = serve(unit(name)), FRAME.head(5)
    expected = said_by_mlflow(models / name, table)
    shuffled = table[["fx", "oil", "gas"]]
    asked: list[dict[str, object]] = [
        {"data": {"ndarray": table.to_numpy().tolist()}},
        {"data": {"names": list(shuffled), "ndarray": shuffled.to_numpy().tolist()}},
        {"jsonData": shuffled.to_dict(orient="records")},
        {"jsonData": {"dataframe_split": shuffled.to_dict(orient="split")}},
    ]
    for body in asked:
        assert (await client.predict(body)).json["data"] in _written(expected)
    tensor = {"shape": list(table.shape), "values": table.to_numpy().ravel().tolist()}
    assert (await client.predict({"data": {"tensor": tensor}})).json["data"] in _written(expected)


def _written(rows: list[Any]) -> list[dict[str, Any]]:
    """As an ndarray or as a tensor; an answer with two axes numbers its columns."""
    array = np.array(rows)
    names = [f"t:{index}" for index in range(array.shape[1])] if array.ndim > 1 else []
    flat = {"shape": list(array.shape), "values": array.ravel().tolist()}
    return [{"names": names, "ndarray": rows}, {"names": names, "tensor": flat}]


@pytest.mark.parametrize("name", OF_NUMBERS)
async def test_whole_numbers_for_doubles(
    name: str, models: Path, serve: Callable[..., Client], unit: Callable[..., ServedUnit]
) -> None:
    """A client that writes 2 where the model has doubles gets what 2.0 gets; MLflow refuses it."""
    whole = (FRAME.head(5) * 3).round()
    expected = said_by_mlflow(models / name, whole)
    answer = await serve(unit(name)).predict({"data": {"ndarray": whole.astype(int).to_numpy().tolist()}})

    assert answer.json["data"] in _written(expected)


@pytest.mark.parametrize("flavor", ["xgboost", "lightgbm"])
async def test_trees_are_called_without_pandas(
    flavor: str,
    models: Path,
    serve: Callable[..., Client],
    unit: Callable[..., ServedUnit],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Boosted trees get an array, from named columns too; neither pyfunc nor a frame is made for a request."""
    assert (models / f"{flavor}_regressor").is_dir()
    client = serve(unit(f"{flavor}_regressor"))
    monkeypatch.setattr("sdep.runtime.servers.native.frame", None)
    monkeypatch.setitem(sys.modules, "mlflow.pyfunc", None)
    answer = await client.predict({"data": {"names": NAMES[::-1], "ndarray": [[1, 2, 3]]}})

    assert answer.code == 200
    assert (await client.get("/api/v1.0/metadata/" + f"{flavor}_regressor")).json["platform"] == flavor


async def test_rows_of_text_and_numbers(
    models: Path, serve: Callable[..., Client], unit: Callable[..., ServedUnit]
) -> None:
    """A pipeline with a ColumnTransformer gets each column in its type, by position and by name."""
    client, table = serve(unit("sklearn_pipeline")), MIXED.head(4)
    expected = pytest.approx(said_by_mlflow(models / "sklearn_pipeline", table), abs=1e-9)
    turned = table[["size", "kind", "count"]]
    by_name = {"names": list(turned), "ndarray": turned.to_numpy().tolist()}

    assert (await client.predict({"data": {"ndarray": table.to_numpy().tolist()}})).json["data"]["ndarray"] == expected
    assert (await client.predict({"data": by_name})).json["data"]["ndarray"] == expected


@pytest.mark.parametrize("name", ["sklearn_unsigned", "sklearn_tensor"])
async def test_models_of_arrays(
    name: str, models: Path, serve: Callable[..., Client], unit: Callable[..., ServedUnit]
) -> None:
    """Without a signature, or with one of a tensor, rows go to the model as an array; whole numbers stand for doubles."""
    rows = (FRAME.head(3) * 3).round().to_numpy()
    answer = await serve(unit(name)).predict({"data": {"ndarray": rows.astype(int).tolist()}})

    assert answer.json["data"]["ndarray"] == pytest.approx(said_by_mlflow(models / name, rows))


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, {"sum": [6.0], "mode": "plain", "rows": 1}),
        ({"params": {"factor": 3, "mode": "loud"}}, {"sum": [8.5], "mode": "loud", "rows": 1}),
    ],
)
async def test_params(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit], asked: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Params come beside a table in jsonData or as V2's parameters, the others by default; an optional column may stay away."""
    client = serve(unit("python_params"))
    table = {"dataframe_split": {"columns": ["b", "a"], "data": [[1, 1.5]]}}
    inputs = [
        {"name": "a", "datatype": "FP64", "shape": [1], "data": [1.5]},
        {"name": "b", "datatype": "INT64", "shape": [1], "data": [1]},
    ]
    seldon = await client.predict({"jsonData": {**table, **asked}})
    v2 = json.dumps({"inputs": inputs, "parameters": asked.get("params", {})}).encode()
    inferred = await client.send("POST", "/v2/models/python_params/infer", v2)

    assert seldon.json["jsonData"] == expected
    outputs = {each["name"]: each["data"] for each in inferred.json["outputs"]}
    assert outputs == {"sum": expected["sum"], "mode": [expected["mode"]], "rows": [1]}


@pytest.mark.usefixtures("models")
async def test_a_param_of_a_wrong_type(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """Is refused with MLflow's sentence, which names it."""
    body = {"jsonData": {"dataframe_records": [{"a": 1, "b": 1}], "params": {"factor": "much"}}}
    answer = await serve(unit("python_params")).predict(body)

    assert answer.code == 400
    assert "factor" in answer.json["status"]["info"]


@pytest.mark.usefixtures("models")
async def test_nested_columns(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """Arrays, objects and maps in a cell reach the model, with doubles where the signature has them; a wrong one is refused."""
    client = serve(unit("python_nested"))
    record = {"history": [1, 2], "place": {"city": "A", "rank": 1}, "weights": {"x": 1}}
    answer = await client.predict({"jsonData": [record]})
    rows = await client.predict({"data": {"ndarray": [list(record.values())]}})
    refused = await client.predict({"jsonData": [{**record, "place": {"rank": 1}}]})

    expected = [[[1.0, 2.0], {"city": "A", "rank": 1}, {"x": 1.0}]]
    assert answer.json["data"]["ndarray"] == expected
    assert rows.json["data"]["ndarray"] == expected
    assert (refused.code, "city" in refused.json["status"]["info"]) == (400, True)


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize(
    "table",
    [
        {"left": [[1, 2], [3, 4]], "right": [1, 2]},
        {"inputs": {"left": [[1, 2], [3, 4]], "right": [1, 2]}},
        [{"left": [1, 2], "right": 1}, {"left": [3, 4], "right": 2}],
    ],
)
async def test_named_tensors(serve: Callable[..., Client], unit: Callable[..., ServedUnit], table: object) -> None:
    """Several tensors go in by name, in their types, from whole numbers too."""
    answer = await serve(unit("python_tensors")).predict({"jsonData": table})

    expected = {"left": ["float32", [2, 2], [[1, 2], [3, 4]]], "right": ["int64", [2], [1, 2]]}
    assert answer.json["jsonData"] == expected


@pytest.mark.usefixtures("models")
async def test_results_keep_their_form(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """DataFrames, Series, lists of text and numbers, and text all find a payload; v1 refused most of them."""
    body = {"data": {"ndarray": [[1.5, 0, 0], [-1, 0, 0]]}}
    said = {
        name: (await serve(unit(name)).predict(body)).json
        for name in ("python_frame", "python_series", "python_list", "python_text")
    }

    assert said["python_frame"]["data"] == {
        "names": ["price", "label", "rank"],
        "ndarray": [[3.0, "x", 0], [-2.0, "x", 1]],
    }
    assert said["python_series"]["data"]["ndarray"] == [1.5, -1.0]
    assert said["python_list"]["data"]["ndarray"] == ["1.5", 0]
    assert said["python_text"]["strData"] == "2 rows"


@pytest.mark.usefixtures("models")
async def test_a_model_with_type_hints(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """Gets Python's own values, as its hints say."""
    answer = await serve(unit("python_hinted")).predict({"jsonData": [{"a": 1.0, "b": 2.0}]})

    assert answer.json["data"]["tensor"]["values"] == [3.0]


@pytest.mark.usefixtures("models")
async def test_one_row_without_brackets(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """A row that is not in a list is one row; v1 failed on it."""
    answer = await serve(unit("sklearn_regressor")).predict({"data": {"names": NAMES, "ndarray": [1, 0, 0]}})

    assert answer.json["data"]["ndarray"] == [pytest.approx(5)]


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize("name", ["sklearn_classifier", "xgboost_classifier", "lightgbm_classifier"])
@pytest.mark.parametrize("parameter", ["method", "predict_method"])
async def test_probabilities(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit], name: str, parameter: str
) -> None:
    """A unit's parameter asks a classifier for its probabilities, whatever the library."""
    asked = (ServedParameter(name=parameter, value="predict_proba", type="STRING"),)
    table = FRAME.head(4).to_numpy().tolist()
    rows = (await serve(unit(name, parameters=asked)).predict({"data": {"ndarray": table}})).json["data"]["ndarray"]

    assert np.array(rows).shape == (4, 2)
    assert np.sum(rows, axis=1) == pytest.approx(np.ones(4))


@pytest.mark.usefixtures("models")
async def test_a_missing_column_is_named(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """Whatever the library, the error says which column is missing."""
    for name in ("sklearn_regressor", "xgboost_regressor", "lightgbm_regressor", "statsmodels_ols"):
        answer = await serve(unit(name)).predict({"jsonData": pd.DataFrame({"oil": [1], "fx": [2]}).to_dict("records")})
        assert (answer.code, "gas" in answer.json["status"]["info"]) == (400, True)
