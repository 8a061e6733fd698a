"""TensorFlow's predict requests and answers as JSON: `instances` row by row, `inputs` tensor by tensor."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import orjson

from sdep.runtime.errors import BadDataError
from sdep.runtime.message import NUMERIC, Payload
from sdep.runtime.openinference.answer import inference_of
from sdep.runtime.openinference.datatypes import objects
from sdep.runtime.openinference.payload import payload_of
from sdep.runtime.openinference.rest import texts
from sdep.runtime.seldon.codec import read

if TYPE_CHECKING:
    from collections.abc import Mapping

Array = np.ndarray[Any, Any]
Form = Literal["instances", "inputs"]

MATRIX = 2
OUTPUT = "outputs"
"""What the one output is called that has no name."""


class Asked(NamedTuple):
    payload: Payload
    form: Form


def read_request(body: object) -> Asked:
    if not isinstance(body, dict) or ("instances" in body) == ("inputs" in body):
        raise BadDataError("the request must be a JSON object with instances or with inputs, not with both")
    if "instances" in body:
        return Asked(_instances(body["instances"]), "instances")
    return Asked(_inputs(body["inputs"]), "inputs")


def _instances(rows: object) -> Payload:
    if not isinstance(rows, list) or not rows:
        raise BadDataError("instances must be a list with at least one row")
    if not _is_record(rows[0]):
        return _array("instances", rows)
    names = tuple(rows[0])
    if not all(_is_record(row) and row.keys() == rows[0].keys() for row in rows):
        raise BadDataError("instances: all rows must be objects with the same fields")
    return payload_of({name: _column(f"instances '{name}'", [row[name] for row in rows]) for name in names}, "")


def _inputs(given: object) -> Payload:
    if isinstance(given, dict) and _is_record(given) and given:
        arrays = {name: _column(f"inputs '{name}'", each) for name, each in given.items()}
        return payload_of(arrays, "")
    return _array("inputs", given if isinstance(given, list) else [given])


def _is_record(value: object) -> bool:
    """Whether it is an object of named values, and not bytes, which are written as an object too."""
    return isinstance(value, dict) and value.keys() != {"b64"}


def _array(where: str, rows: list[Any]) -> Payload:
    array = _column(where, rows)
    return Payload(array, "tensor" if array.dtype.kind in NUMERIC else "ndarray")


def _column(where: str, given: object) -> Array:
    listed = _decoded(where, given if isinstance(given, list) else [given])
    try:
        array = np.array(listed)
    except ValueError as error:
        raise BadDataError(f"{where}: its lists differ in length") from error
    return np.array(listed, dtype=object) if array.dtype.kind in "US" else array


def _decoded(where: str, value: Any) -> Any:  # noqa: ANN401 - nested lists of values
    if isinstance(value, list):
        return [_decoded(where, each) for each in value]
    if not isinstance(value, dict):
        return value
    try:
        return base64.b64decode(str(value["b64"]), validate=True)
    except (KeyError, binascii.Error) as error:
        raise BadDataError(f'{where}: an object among values must be {{"b64": …}} with base64') from error


def read_answer(body: object) -> Payload:
    """What another server predicted."""
    if isinstance(body, dict) and "predictions" in body:
        return _instances(body["predictions"])
    if isinstance(body, dict) and "outputs" in body:
        return _inputs(body["outputs"])
    raise BadDataError("it must be a JSON object with predictions or outputs")


def write_request(payload: Payload) -> bytes:
    """Ask another server: an array row by row, named tensors each by itself."""
    arrays = _answered(payload)
    return _json({"instances": next(iter(arrays.values()))} if set(arrays) == {""} else {"inputs": arrays})


def write_answer(answer: Payload, form: Form) -> bytes:
    """As it was asked: a list of rows, or a tensor; with names where the model gave several."""
    arrays = _answered(answer)
    if form == "inputs":
        said: object = next(iter(arrays.values())) if len(arrays) == 1 else arrays
        return _json({"outputs": said})
    if len(arrays) == 1:
        return _json({"predictions": next(iter(arrays.values()))})
    if len({len(array) for array in arrays.values()}) > 1:
        raise BadDataError("the model's outputs differ in length: ask with inputs in place of instances")
    return _json({"predictions": [dict(zip(arrays, row, strict=True)) for row in zip(*arrays.values(), strict=True)]})


def _answered(answer: Payload) -> Mapping[str, list[Any]]:
    return {name: _listed(array) for name, array in arrays_of(answer, "").items()}


def arrays_of(answer: Payload, name: str) -> dict[str, Array]:
    """Named columns each by themselves; one array, whatever its shape, is called `name`."""
    answer = read(answer)
    if isinstance(answer.value, np.ndarray) and not _is_frame(answer):
        return {name: answer.value}
    found = inference_of(answer, OUTPUT)
    return {tensor.name: _squeezed(tensor.array) for tensor in found.tensors}


def _is_frame(answer: Payload) -> bool:
    """Whether its columns have names of their own."""
    return bool(answer.names) and not all(name.startswith("t:") for name in answer.names)


def _squeezed(array: Array) -> Array:
    return array.reshape(-1) if array.ndim == MATRIX and array.shape[1] == 1 else array


def _listed(array: Array) -> list[Any]:
    found: list[Any] = array.tolist() if array.ndim else [array.tolist()]
    if array.dtype.kind != "O" or not any(isinstance(each, bytes) for each in array.ravel()):
        return found
    written: Array = objects([{"b64": each} for each in texts(array)]).reshape(array.shape)
    listed: list[Any] = written.tolist()
    return listed


def _json(body: object) -> bytes:
    return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
