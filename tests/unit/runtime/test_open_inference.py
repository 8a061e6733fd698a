"""The Open Inference Protocol over HTTP: names, tensors in every form, errors."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sdep.contract import ServedUnit
from sdep.runtime.openinference.datatypes import DTYPES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runtime.conftest import Answer, Client

ROW = [1.0, 2.0, 3.0]
PRICE = 1 + 2 * 2 + 3 * 3 + 4


def tensor(name: str, data: list[Any], shape: list[int], datatype: str = "FP64", **parameters: object) -> Any:  # noqa: ANN401 - JSON
    made = {"name": name, "shape": shape, "datatype": datatype, "data": data}
    return {**made, "parameters": parameters} if parameters else made


async def infer(client: Client, *inputs: object, path: str = "/v2/models/regression/infer", **more: object) -> Answer:
    return await client.send("POST", path, json.dumps({"inputs": inputs, **more}).encode())


async def test_a_matrix_is_the_rows_of_the_model(regression: Client) -> None:
    """One tensor of two axes, flat or nested, is answered with one tensor, the request's id and the model's version."""
    flat = await infer(regression, tensor("x", [*ROW, 0.0, 0.0, 0.0], [2, 3]), id="7")
    nested = await infer(regression, tensor("x", [ROW, [0, 0, 0]], [2, 3]))

    output = flat.json["outputs"][0]
    assert (flat.code, flat.json["id"], flat.json["model_version"]) == (200, "7", "3")
    assert (flat.json["model_name"], flat.headers["seldon-puid"]) == ("regression", "7")
    assert (output["name"], output["datatype"], output["shape"]) == ("output-1", "FP64", [2, 1])
    assert output["data"] == pytest.approx([PRICE, 4])
    assert nested.json["outputs"] == flat.json["outputs"]


@pytest.mark.parametrize("shape", [[2], [2, 1]])
@pytest.mark.parametrize("parameters", [{}, {"content_type": "pd"}])
async def test_one_tensor_for_each_column(regression: Client, shape: list[int], parameters: dict[str, str]) -> None:
    """Columns are found by name, in any order and of any number type, as pandas-minded clients send them."""
    inputs = [
        tensor("fx", [3, 0], shape, "INT64"),
        tensor("oil", [1, 0], shape, "FP32"),
        tensor("gas", [2.0, 0.0], shape),
        tensor("more", ["a", "b"], shape, "BYTES"),
    ]
    answer = await infer(regression, *inputs, parameters=parameters)

    assert answer.json["outputs"][0]["data"] == pytest.approx([PRICE, 4])


async def test_columns_of_an_estimator_never_meet_pandas(regression: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model whose signature an array can hold gets one, from columns too."""
    monkeypatch.setattr("sdep.runtime.servers.native.frame", None)
    inputs = [tensor(name, [1.0], [1]) for name in ("oil", "gas", "fx")]

    assert (await infer(regression, *inputs)).json["outputs"][0]["data"] == pytest.approx([10])


async def test_columns_of_mixed_types(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """Text and numbers each keep their type on the way into a DataFrame."""
    client = serve(unit("mixed"))
    inputs = [
        tensor("kind", ["a", "b"], [2], "BYTES", content_type="str"),
        tensor("count", [1, 2], [2], "INT64"),
        tensor("size", [0.5, -0.5], [2]),
    ]
    answer = await infer(client, *inputs, path="/v2/models/mixed/infer", parameters={"content_type": "pd"})

    assert answer.json["outputs"][0]["data"] == pytest.approx([1, 2])


async def test_a_model_without_a_signature_gets_the_array(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit]
) -> None:
    """As it came, or made of columns in the order in which they came."""
    client = serve(unit("bare"))
    array = await infer(client, tensor("x", ROW, [1, 3], content_type="np"), path="/v2/models/bare/infer")
    columns = [tensor(name, [value], [1, 1]) for name, value in zip("abc", ROW, strict=True)]

    assert array.json["outputs"][0]["data"] == pytest.approx([PRICE])
    assert (await infer(client, *columns, path="/v2/models/bare/infer")).json["outputs"] == array.json["outputs"]


async def test_text_is_answered_as_bytes(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """Labels come back as BYTES, in JSON and as binary data."""
    client = serve(unit("labels"))
    asked = {"inputs": [tensor("x", ROW, [1, 3])], "parameters": {"binary_data_output": True}}
    plain = await infer(client, asked["inputs"][0], path="/v2/models/labels/infer")
    binary = await client.send("POST", "/v2/models/labels/infer", json.dumps(asked).encode())

    length = int(binary.headers["inference-header-content-length"])
    assert plain.json["outputs"][0]["data"] == ["up"]
    assert (plain.json["outputs"][0]["datatype"], binary.headers["content-type"]) == (
        "BYTES",
        "application/octet-stream",
    )
    assert binary.body[length:] == struct.pack("<I", 2) + b"up"


async def test_binary_data_behind_the_json(regression: Client) -> None:
    """Tensors are cut from the bytes in their order; the client chooses per output how it reads the answer."""
    parts = [np.array([value], dtype="<f4").tobytes() for value in ROW]
    inputs = [
        {"name": name, "shape": [1, 1], "datatype": "FP32", "parameters": {"binary_data_size": len(part)}}
        for name, part in zip(("oil", "gas", "fx"), parts, strict=True)
    ]
    outputs = [{"name": "price", "parameters": {"binary_data": True}}]
    head = json.dumps({"inputs": inputs, "outputs": outputs}).encode()
    answer = await regression.send(
        "POST", "/v2/models/regression/infer", head + b"".join(parts), inference_header_content_length=str(len(head))
    )

    length = int(answer.headers["inference-header-content-length"])
    output = json.loads(answer.body[:length])["outputs"][0]
    assert (output["name"], output["parameters"]["binary_data_size"]) == ("price", 8)
    assert np.frombuffer(answer.body[length:]) == pytest.approx([PRICE])


@pytest.mark.parametrize(
    "name", ["regression", "regression_model", "main", "prices", "regression/versions/3", "regression/versions/v1"]
)
async def test_every_name_of_the_graph(regression: Client, name: str) -> None:
    """Unit, registered model, predictor and deployment: each has metadata, readiness and answers."""
    metadata, ready = [await regression.get(f"/v2/models/{name}{tail}") for tail in ("", "/ready")]
    answer = await infer(regression, tensor("x", ROW, [1, 3]), path=f"/v2/models/{name}/infer")

    assert [each["name"] for each in metadata.json["inputs"]] == ["oil", "gas", "fx"]
    assert metadata.json["platform"] == "sklearn"
    assert ready.json["ready"] is True
    assert answer.json["outputs"][0]["data"] == pytest.approx([PRICE])


async def test_the_server(regression: Client) -> None:
    """Its name, its extension, and that it lives; and v1's path without a model."""
    assert (await regression.get("/v2")).json["extensions"] == ["binary_tensor_data"]
    assert [(await regression.get(f"/v2/health/{word}")).code for word in ("live", "ready")] == [200, 200]
    answer = await infer(regression, tensor("x", ROW, [1, 3]), path="/v2/models/infer")
    assert answer.json["model_name"] == "regression"


async def test_not_ready(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """A server that drains lives and is not ready, in the protocol's own form."""
    client = serve(unit("regression"))
    client.lifecycle.drain(0)
    ready = await client.get("/v2/models/regression/ready")

    assert (ready.code, ready.json) == (503, {"error": "draining"})
    assert (await client.get("/v2/health/live")).code == 200


REFUSED = {
    "no JSON": (b"{", "is not JSON"),
    "no inputs": (b"{}", "inputs, a list of tensors"),
    "no list": (b'{"inputs": [1]}', "inputs[0] must be an object"),
    "no such datatype": (json.dumps({"inputs": [tensor("x", [1], [1], "FP8")]}).encode(), "'FP8' is none of BOOL"),
    "a wrong shape": (json.dumps({"inputs": [tensor("x", [1, 2], [3])]}).encode(), "[3] does not fit 2 values"),
    "a fraction": (json.dumps({"inputs": [tensor("x", [1.5], [1], "INT8")]}).encode(), "that are no INT8"),
    "too large": (json.dumps({"inputs": [tensor("x", [300], [1], "INT8")]}).encode(), "that are no INT8"),
    "text": (json.dumps({"inputs": [tensor("x", ["1"], [1])]}).encode(), "that are no FP64"),
    "one name twice": (json.dumps({"inputs": [tensor("x", [1], [1])] * 2}).encode(), "two tensors have one name"),
    "no base64": (
        json.dumps({"inputs": [tensor("x", ["?"], [1], "BYTES", content_type="base64")]}).encode(),
        "must be base64",
    ),
    "missing columns": (json.dumps({"inputs": [tensor("oil", [1], [1])]}).encode(), "gas, fx"),
    "no binary data": (
        b'{"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "parameters": {"binary_data_size": 4}}]}',
        "binary_data_size is 4",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_refusals(regression: Client, case: str) -> None:
    """What the client can mend is a 400 with one sentence that names the place."""
    body, sentence = REFUSED[case]
    answer = await regression.send("POST", "/v2/models/regression/infer", body)

    assert answer.code == 400
    assert list(answer.json) == ["error"]
    assert sentence in answer.json["error"]


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/v2/models/other", 404),
        ("POST", "/v2/models/other/infer", 404),
        ("GET", "/v2/models/regression/versions/9", 404),
        ("GET", "/v2/nothing", 404),
        ("GET", "/v2/models/regression/infer", 405),
    ],
)
async def test_unknown_names(regression: Client, method: str, path: str, code: int) -> None:
    """What is not there is a 404 in the protocol's form, and no name that a client made up becomes a metric's label."""
    answer = await regression.send(method, path)
    text = (await regression.get("/prometheus")).body.decode()

    assert (answer.code, list(answer.json)) == (code, ["error"])
    assert "other" not in text


async def test_a_graph_of_several_models(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """The whole graph answers, whatever its name; each unit has metadata of its own."""
    graph = ServedUnit(
        name="avg", type="COMBINER", implementation="AVERAGE_COMBINER", children=(unit("regression"), unit("doubled"))
    )
    client = serve(graph)
    answers = [
        await infer(client, tensor("x", ROW, [1, 3]), path=f"/v2/models/{name}/infer") for name in ("avg", "main")
    ]

    assert [answer.json["outputs"][0]["data"] for answer in answers] == [pytest.approx([1.5 * PRICE])] * 2
    assert (await client.get("/v2/models/doubled")).json["versions"][0] == "3"
    assert [each["name"] for each in (await client.get("/v2/models/prices")).json["inputs"]] == ["oil", "gas", "fx"]


@pytest.mark.parametrize(("asked", "names", "data"), [("frame", ["a", "b"], [[1.5], ["x"]]), ("dict", ["a"], [[1, 2]])])
async def test_named_answers(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit], asked: str, names: list[str], data: list[Any]
) -> None:
    """A DataFrame's columns and a dictionary's keys are outputs of their own, each with its type."""
    answer = await infer(serve(unit("python")), tensor("x", [asked], [1], "BYTES"), path="/v2/models/python/infer")

    assert [output["name"] for output in answer.json["outputs"]] == names
    assert [output["data"] for output in answer.json["outputs"]] == data


@pytest.mark.parametrize("datatype", DTYPES)
async def test_every_datatype_goes_through_a_graph(serve: Callable[..., Client], datatype: str) -> None:
    """SIMPLE_MODEL answers what it was asked, the largest value of each type included."""
    dtype = DTYPES[datatype]
    largest: Any = {"b": lambda _: True, "f": lambda _: 65504.0}.get(dtype.kind, lambda _: np.iinfo(dtype).max)(dtype)
    data = [largest, 0]
    client = serve(ServedUnit(name="echo", implementation="SIMPLE_MODEL"))
    answer = await infer(client, tensor("x", data, [1, 2], datatype), path="/v2/models/echo/infer")

    output = answer.json["outputs"][0]
    assert (output["datatype"], output["shape"], output["data"]) == (datatype, [1, 2], data)
