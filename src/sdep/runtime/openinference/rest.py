"""The protocol's JSON, and its extension for binary data: tensors as bytes behind the JSON."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from sdep.runtime.errors import BadDataError
from sdep.runtime.openinference.answer import BASE64
from sdep.runtime.openinference.datatypes import (
    BYTES,
    KNOWN,
    datatype_of,
    from_bytes,
    from_values,
    objects,
    to_bytes,
)
from sdep.runtime.openinference.tensor import Inference, Tensor, Wanted
from sdep.runtime.seldon.codec import parse_json, serialisable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

SIZE, BINARY, ALL_BINARY = "binary_data_size", "binary_data", "binary_data_output"
_OURS = frozenset({SIZE, BINARY, ALL_BINARY})
"""Parameters of the transport, which say nothing to a model."""


class Asked(NamedTuple):
    inference: Inference
    wanted: Wanted


class Written(NamedTuple):
    """`json_length` is None where no binary data follows the JSON."""

    body: bytes
    json_length: int | None = None


def read_request(body: bytes, json_length: int | None = None) -> Asked:
    """`json_length` is the header Inference-Header-Content-Length: where binary data begins."""
    if json_length is not None and json_length > len(body):
        raise BadDataError(f"Inference-Header-Content-Length is {json_length}, and the body has {len(body)} bytes")
    message = parse_json(body[:json_length], "the request body")
    source = _Binary(memoryview(body)[json_length:] if json_length is not None else memoryview(b""))
    message, tensors = _read(message, source, "inputs")
    parameters = _parameters(message, "the request")
    if "content_type" in message:  # some of v1's clients write it here
        parameters = {"content_type": message["content_type"], **parameters}
    inference = Inference(tensors, _own(parameters), str(message.get("id") or ""))
    return Asked(inference, _wanted(message.get("outputs"), parameters))


def read_answer(body: object) -> Inference:
    """From decoded JSON, in which every integer is still exact."""
    message, tensors = _read(body, _Binary(memoryview(b"")), "outputs")
    return Inference(tensors, _own(_parameters(message, "the answer")), str(message.get("id") or ""))


def _read(message: object, source: _Binary, field: str) -> tuple[dict[str, Any], tuple[Tensor, ...]]:
    if not isinstance(message, dict) or not isinstance(message.get(field), list) or not message[field]:
        raise BadDataError(f"the body must be a JSON object with {field}, a list of tensors")
    tensors = tuple(_tensor(f"{field}[{index}]", each, source) for index, each in enumerate(message[field]))
    if source.left:
        raise BadDataError(f"{source.left} bytes of binary data belong to no tensor: see {SIZE}")
    if len({tensor.name for tensor in tensors}) < len(tensors):
        raise BadDataError(f"{field}: two tensors have one name")
    return message, tensors


class _Binary:
    """Binary data, taken piece by piece."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, where: str, size: object) -> memoryview:
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= self.left:
            raise BadDataError(f"{where}: {SIZE} is {size}, and {self.left} bytes of binary data are left")
        self._at += size
        return self._data[self._at - size : self._at]


def _tensor(where: str, given: object, source: _Binary) -> Tensor:
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise BadDataError(f"{where} must be an object with a name, a shape, a datatype and data")
    where = f"{where} '{given['name']}'"
    datatype, shape, parameters = given.get("datatype"), given.get("shape"), _parameters(given, where)
    if datatype not in KNOWN:
        raise BadDataError(f"{where}: the datatype '{datatype}' is none of {', '.join(KNOWN)}")
    if not isinstance(shape, list) or not all(type(size) is int for size in shape):
        raise BadDataError(f"{where}: shape must be a list of integers")
    json = SIZE not in parameters
    if json:
        array = from_values(where, datatype, shape, given.get("data"))
    else:
        array = from_bytes(where, datatype, shape, source.take(where, parameters[SIZE]))
    return interpreted(where, Tensor(given["name"], array, _own(parameters)), json=json)


def interpreted(where: str, tensor: Tensor, *, json: bool) -> Tensor:
    """Undo the base64 that the content type tells of. Where bytes can be sent as they are, clients may have done that."""
    if tensor.content_type != BASE64 or tensor.array.dtype.kind != "O":
        return tensor
    try:
        decoded = [_plain(value) for value in tensor.array.ravel().tolist()]
    except (binascii.Error, ValueError) as error:
        if not json:
            return tensor
        raise BadDataError(f"{where}: data must be base64, as its content_type says: {error}") from error
    return tensor._replace(array=objects(decoded).reshape(tensor.array.shape))


def _plain(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else base64.b64decode(value.encode(), validate=True)


def _wanted(outputs: object, parameters: Mapping[str, Any]) -> Wanted:
    everything = bool(parameters.get(ALL_BINARY))
    if not outputs:
        return Wanted(binary_else=everything)
    if not isinstance(outputs, list) or not all(
        isinstance(each, dict) and isinstance(each.get("name"), str) for each in outputs
    ):
        raise BadDataError("outputs must be a list of objects with a name")
    said = {each["name"]: _parameters(each, f"outputs '{each['name']}'").get(BINARY) for each in outputs}
    binary = {name: bool(value) for name, value in said.items() if value is not None}
    return Wanted(tuple(said), binary, everything)


def _parameters(holder: Mapping[str, Any], where: str) -> dict[str, Any]:
    parameters = holder.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise BadDataError(f"{where}: parameters must be an object")
    return parameters


def _own(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if name not in _OURS}


def write_answer(model: str, version: str, answer: Inference, wanted: Wanted) -> Written:
    head: dict[str, Any] = {"model_name": model}
    if version:
        head["model_version"] = version
    return _written(head, "outputs", answer, wanted)


def write_request(inference: Inference) -> Written:
    """Ask another server, in JSON alone: every server reads that."""
    return _written({}, "inputs", inference, Wanted())


def _written(head: dict[str, Any], field: str, inference: Inference, wanted: Wanted) -> Written:
    if inference.id:
        head["id"] = inference.id
    if inference.parameters:
        head["parameters"] = inference.parameters
    parts: list[bytes] = []
    head[field] = [_said(tensor, parts, binary=wanted.is_binary(tensor.name)) for tensor in inference.tensors]
    said = orjson.dumps(head, option=orjson.OPT_SERIALIZE_NUMPY)
    return Written(said + b"".join(parts), len(said)) if parts else Written(said)


def _said(tensor: Tensor, parts: list[bytes], *, binary: bool) -> dict[str, Any]:
    array, parameters = tensor.array, dict(tensor.parameters)
    said = {"name": tensor.name, "datatype": datatype_of(array), "shape": array.shape}
    if binary:
        parts.append(to_bytes(array))
        parameters = {**beside_bytes(parameters), SIZE: len(parts[-1])}
    else:
        said["data"] = values(array)
        if said["datatype"] == BYTES and any(isinstance(value, bytes) for value in array.ravel().tolist()):
            parameters["content_type"] = BASE64
    return {**said, "parameters": parameters} if parameters else said


def beside_bytes(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a tensor that is sent as bytes, not as JSON: nothing is base64 then."""
    return {name: value for name, value in parameters.items() if (name, value) != ("content_type", BASE64)}


def values(array: np.ndarray[Any, Any]) -> object:
    """A flat list for JSON: null stands for what is not finite, base64 for bytes that no text can be made of."""
    if datatype_of(array) != BYTES:
        return serialisable(array.ravel())
    return texts(array)


def texts(array: np.ndarray[Any, Any]) -> list[str]:
    flat: Sequence[Any] = array.ravel().tolist()
    if any(isinstance(value, bytes) for value in flat):
        return [base64.b64encode(value if isinstance(value, bytes) else str(value).encode()).decode() for value in flat]
    return [str(value) for value in flat]
