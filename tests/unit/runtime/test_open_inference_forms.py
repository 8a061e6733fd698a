"""Every tensor survives every form of the Open Inference Protocol, and no body, however odd, is more than refused."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sdep.contract import ServedUnit
from sdep.runtime.message import Payload
from sdep.runtime.openinference.answer import inference_of
from sdep.runtime.openinference.datatypes import DTYPES, objects
from sdep.runtime.openinference.rest import read_answer, read_request, write_answer
from sdep.runtime.openinference.tensor import Inference, Tensor, Wanted
from sdep.runtime.rpc.open_inference_convert import inference_of_request, inference_of_response, request_of, response_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runtime.conftest import Client

SHAPES = arrays.array_shapes(max_dims=3, max_side=4)
NUMBERS = st.sampled_from(list(DTYPES.values())).flatmap(
    lambda dtype: arrays.arrays(dtype, SHAPES, elements=arrays.from_dtype(dtype, allow_nan=False, allow_infinity=False))
)
TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=5).map(objects)
BLOBS = st.lists(st.binary(), min_size=1, max_size=5).map(lambda given: objects([b"\xff" + each for each in given]))
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
TENSORS = st.dictionaries(NAMES, NUMBERS | TEXTS | BLOBS, min_size=1, max_size=3)


def _inference(given_arrays: dict[str, np.ndarray[Any, Any]]) -> Inference:
    return Inference(tuple(Tensor(name, array) for name, array in given_arrays.items()), {"p": 1}, "id")


def _same(read: Inference, written: Inference) -> None:
    assert (read.id, [tensor.name for tensor in read.tensors]) == (written.id, [each.name for each in written.tensors])
    for ours, theirs in zip(read.tensors, written.tensors, strict=True):
        assert ours.array.shape == theirs.array.shape
        assert ours.array.dtype == theirs.array.dtype
        assert ours.array.tolist() == theirs.array.tolist()


@settings(max_examples=150, deadline=None)
@given(TENSORS)
def test_json(tensors: dict[str, np.ndarray[Any, Any]]) -> None:
    written = _inference(tensors)
    _same(read_answer(json.loads(write_answer("m", "1", written, Wanted()).body)), written)


@settings(max_examples=150, deadline=None)
@given(TENSORS)
def test_binary_data(tensors: dict[str, np.ndarray[Any, Any]]) -> None:
    written = _inference(tensors)
    made = write_answer("m", "1", written, Wanted(binary_else=True))
    head = json.loads(made.body[: made.json_length])
    asked = json.dumps({"id": head["id"], "inputs": head["outputs"]}).encode()
    _same(read_request(asked + made.body[made.json_length :], len(asked)).inference, written)


@settings(max_examples=150, deadline=None)
@given(TENSORS, st.booleans())
def test_protobuf(tensors: dict[str, np.ndarray[Any, Any]], raw: bool) -> None:  # noqa: FBT001 - generated
    written = _inference(tensors)
    _same(inference_of_response(response_of("m", "1", written, raw=raw)), written)
    _same(inference_of_request(request_of("m", written)), written)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
TENSOR = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(max_size=3) | JSON,
        "shape": st.lists(st.integers(-1, 4), max_size=3) | JSON,
        "datatype": st.sampled_from([*DTYPES, "BYTES", "BF16", "?"]) | JSON,
        "data": st.lists(st.integers() | st.floats(allow_nan=False) | st.text(max_size=3) | st.none(), max_size=6)
        | JSON,
        "parameters": st.fixed_dictionaries(
            {},
            optional={"binary_data_size": st.integers(-1, 9), "content_type": st.sampled_from(["np", "base64", "pd"])},
        )
        | JSON,
    },
)
BODY = st.fixed_dictionaries(
    {}, optional={"inputs": st.lists(TENSOR, max_size=3) | JSON, "outputs": JSON, "parameters": JSON, "id": JSON}
)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(BODY | JSON, st.binary(max_size=12), st.none() | st.integers(-1, 5))
def test_no_body_makes_the_server_fail(
    serve: Callable[..., Client], body: object, behind: bytes, shift: int | None
) -> None:
    """Whatever is sent is answered or refused by a sentence: 200 or 400, never 500."""
    client = serve(ServedUnit(name="echo", implementation="SIMPLE_MODEL"))
    head = json.dumps(body).encode()
    length = {} if shift is None else {"inference_header_content_length": str(len(head) + shift)}
    answer = asyncio.run(client.send("POST", "/v2/models/echo/infer", head + behind, **length))
    rows = asyncio.run(client.send("POST", "/v1/models/echo:predict", head))

    assert {answer.code, rows.code} <= {200, 400}, (answer.body, rows.body)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_whatever_a_model_answers_can_be_written(value: object) -> None:
    """Lists, objects and scalars of any kind become tensors that can be read back."""
    kind = "strData" if isinstance(value, str) else "jsonData"
    body = write_answer("m", "", inference_of(Payload(value, kind), "output-1"), Wanted()).body
    assert read_answer(json.loads(body)).tensors
