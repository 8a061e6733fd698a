"""TensorFlow's tensors in JSON, which v1's wrapper reads and writes where TensorFlow is installed."""

from __future__ import annotations

from typing import Any

import numpy as np
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError

from sdep.runtime.errors import BadDataError
from sdep.runtime.rpc import seldon_pb2 as pb
from sdep.runtime.rpc.tftensor import array_of, tftensor_of

_TYPES = {
    "DT_FLOAT": 1,
    "DT_DOUBLE": 2,
    "DT_INT32": 3,
    "DT_UINT8": 4,
    "DT_INT16": 5,
    "DT_INT8": 6,
    "DT_STRING": 7,
    "DT_INT64": 9,
    "DT_BOOL": 10,
    "DT_BFLOAT16": 14,
    "DT_UINT16": 17,
    "DT_HALF": 19,
    "DT_UINT32": 22,
    "DT_UINT64": 23,
}
_NAMES = {number: name for name, number in _TYPES.items()}


def read_tftensor(tensor: object) -> np.ndarray[Any, Any]:
    if not isinstance(tensor, dict):
        raise BadDataError("data.tftensor must be an object with dtype, tensorShape and values")
    dtype = _TYPES.get(tensor.get("dtype", ""), tensor.get("dtype", 0))
    try:
        return array_of(ParseDict({**tensor, "dtype": dtype}, pb.TensorFlowTensor()))
    except ParseError as error:
        raise BadDataError(f"data.tftensor: {error}") from error


def write_tftensor(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    tensor = tftensor_of(array)
    written: dict[str, Any] = MessageToDict(tensor)
    return {**written, "dtype": _NAMES[tensor.dtype]}
