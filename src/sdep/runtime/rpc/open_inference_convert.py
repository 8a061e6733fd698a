"""Between the Open Inference Protocol's protobuf messages and its tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.errors import BadDataError
from sdep.runtime.openinference.datatypes import (
    BYTES,
    DTYPES,
    KNOWN,
    datatype_of,
    from_bytes,
    narrowed,
    objects,
    shaped,
    text,
    to_bytes,
)
from sdep.runtime.openinference.rest import beside_bytes, interpreted
from sdep.runtime.openinference.tensor import Inference, Tensor
from sdep.runtime.rpc import open_inference_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Mapping

    Given = pb.ModelInferRequest.InferInputTensor | pb.ModelInferResponse.InferOutputTensor

FIELDS = {
    "BOOL": "bool_contents",
    **dict.fromkeys(("INT8", "INT16", "INT32"), "int_contents"),
    "INT64": "int64_contents",
    **dict.fromkeys(("UINT8", "UINT16", "UINT32"), "uint_contents"),
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    BYTES: "bytes_contents",
}
"""Where the values of each datatype are; 16 bits of a float are raw bytes alone."""


def inference_of_request(request: pb.ModelInferRequest) -> Inference:
    tensors = _tensors("inputs", request.inputs, request.raw_input_contents)
    return Inference(tensors, _plain(request.parameters), request.id)


def inference_of_response(response: pb.ModelInferResponse) -> Inference:
    tensors = _tensors("outputs", response.outputs, response.raw_output_contents)
    return Inference(tensors, _plain(response.parameters), response.id)


def _tensors(field: str, given: Any, raw: Any) -> tuple[Tensor, ...]:  # noqa: ANN401 - repeated fields
    if not given:
        raise BadDataError(f"the message has no {field}")
    if raw and len(raw) != len(given):
        raise BadDataError(f"the message has {len(given)} {field} and {len(raw)} raw contents")
    tensors = tuple(
        _tensor(f"{field}[{index}] '{each.name}'", each, raw[index] if raw else None)
        for index, each in enumerate(given)
    )
    if len({tensor.name for tensor in tensors}) < len(tensors):
        raise BadDataError(f"{field}: two tensors have one name")
    return tensors


def _tensor(where: str, given: Given, raw: bytes | None) -> Tensor:
    if given.datatype not in KNOWN:
        raise BadDataError(f"{where}: the datatype '{given.datatype}' is none of {', '.join(KNOWN)}")
    array = _typed(where, given) if raw is None else from_bytes(where, given.datatype, given.shape, raw)
    return interpreted(where, Tensor(given.name, array, _plain(given.parameters)), json=False)


def _typed(where: str, given: Given) -> np.ndarray[Any, Any]:
    field = FIELDS.get(given.datatype)
    if field is None:
        raise BadDataError(f"{where}: {given.datatype} has no typed contents: send raw_input_contents")
    if any(other.name != field for other, _ in given.contents.ListFields()):
        raise BadDataError(f"{where}: the contents of {given.datatype} must be {field} alone")
    values = getattr(given.contents, field)
    if given.datatype == BYTES:
        return shaped(where, objects([text(value) for value in values]), given.shape)
    try:
        return shaped(where, narrowed(np.array(values), DTYPES[given.datatype]), given.shape)
    except OverflowError as error:
        raise BadDataError(f"{where}: contents hold values that are no {given.datatype}") from error


def _plain(parameters: Mapping[str, pb.InferParameter]) -> dict[str, Any]:
    chosen = ((name, value.WhichOneof("parameter_choice"), value) for name, value in parameters.items())
    return {name: getattr(value, field) for name, field, value in chosen if field is not None}


def request_of(model: str, inference: Inference) -> pb.ModelInferRequest:
    """Ask another server, with raw bytes: every datatype has them."""
    made = pb.ModelInferRequest(model_name=model, id=inference.id, parameters=_parameters(inference.parameters))
    for tensor in inference.tensors:
        datatype, parameters = datatype_of(tensor.array), _parameters(tensor.parameters)
        made.inputs.add(name=tensor.name, datatype=datatype, shape=tensor.array.shape, parameters=parameters)
        made.raw_input_contents.append(to_bytes(tensor.array))
    return made


def response_of(model: str, version: str, answer: Inference, *, raw: bool) -> pb.ModelInferResponse:
    """Typed contents, or `raw` bytes for a client that sent them; raw too where a datatype has no typed ones."""
    made = pb.ModelInferResponse(
        model_name=model, model_version=version, id=answer.id, parameters=_parameters(answer.parameters)
    )
    datatypes = [datatype_of(tensor.array) for tensor in answer.tensors]
    raw = raw or any(datatype not in FIELDS for datatype in datatypes)
    for tensor, datatype in zip(answer.tensors, datatypes, strict=True):
        parameters = _parameters(tensor.parameters)
        output = made.outputs.add(name=tensor.name, datatype=datatype, shape=tensor.array.shape, parameters=parameters)
        if raw:
            made.raw_output_contents.append(to_bytes(tensor.array))
        else:
            getattr(output.contents, FIELDS[datatype]).extend(_values(tensor.array))
    return made


def _values(array: np.ndarray[Any, Any]) -> list[Any]:
    flat: list[Any] = array.ravel().tolist()
    if datatype_of(array) != BYTES:
        return flat
    return [value if isinstance(value, bytes) else str(value).encode() for value in flat]


def _parameters(parameters: Mapping[str, Any]) -> dict[str, pb.InferParameter]:
    """Only what the message has a field for."""
    made = {name: _parameter(value) for name, value in beside_bytes(parameters).items()}
    return {name: value for name, value in made.items() if value is not None}


def _parameter(value: object) -> pb.InferParameter | None:
    match value:
        case bool():
            return pb.InferParameter(bool_param=value)
        case int() if -(2**63) <= value < 2**63:
            return pb.InferParameter(int64_param=value)
        case float():
            return pb.InferParameter(double_param=value)
        case str():
            return pb.InferParameter(string_param=value)
        case _:
            return None
