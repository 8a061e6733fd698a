"""TensorFlow's tensors without TensorFlow: numbers and text, in the fields in which its clients send them."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.errors import BadDataError
from sdep.runtime.openinference.datatypes import narrowed, objects, text
from sdep.runtime.rpc import seldon_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = np.ndarray[Any, Any]

DOUBLE, STRING, BFLOAT = 2, 7, 14
_FIELDS = {
    1: (np.float32, "float_val"),
    DOUBLE: (np.float64, "double_val"),
    3: (np.int32, "int_val"),
    4: (np.uint8, "int_val"),
    5: (np.int16, "int_val"),
    6: (np.int8, "int_val"),
    9: (np.int64, "int64_val"),
    10: (np.bool_, "bool_val"),
    17: (np.uint16, "int_val"),
    19: (np.float16, "half_val"),
    22: (np.uint32, "uint32_val"),
    23: (np.uint64, "uint64_val"),
}
"""By TensorFlow's number for the type."""
NUMBERS = {np.dtype(dtype): number for number, (dtype, _) in _FIELDS.items()}
_HALF = "half_val"
"""The field of floats of 16 bits has their bits, as integers."""
FILLED_LIMIT = 2**24
"""Values that a tensor may leave out: a few bytes must not become all of a pod's memory."""


def array_of(tensor: pb.TensorFlowTensor, where: str = "data.tftensor") -> Array:
    """Text is `str` objects, and `bytes` where it is no UTF-8."""
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    try:
        return _filled(where, _values(where, tensor), shape).reshape(shape)
    except (ValueError, OverflowError) as error:
        raise BadDataError(f"{where}: its values do not fit its type and the shape {shape}") from error


def _values(where: str, tensor: pb.TensorFlowTensor) -> Array:
    if tensor.dtype == STRING:
        return objects([text(value) for value in tensor.string_val])
    if tensor.dtype == BFLOAT:  # the upper half of a float
        return (_bits(tensor).astype(np.uint32) << 16).view(np.float32)
    if tensor.dtype not in _FIELDS:
        raise BadDataError(f"{where} has the type {tensor.dtype}, which is none of a number, a boolean or text")
    dtype, field = _FIELDS[tensor.dtype]
    if tensor.tensor_content:
        return _content(tensor, np.dtype(dtype))
    if field == _HALF:
        return _bits(tensor).view(np.float16)
    return narrowed(np.array(getattr(tensor, field)), np.dtype(dtype))


def _bits(tensor: pb.TensorFlowTensor) -> Array:
    """Of floats of 16 bits."""
    if tensor.tensor_content:
        return _content(tensor, np.dtype(np.uint16))
    return narrowed(np.array(tensor.half_val), np.dtype(np.uint16))


def _content(tensor: pb.TensorFlowTensor, dtype: np.dtype[Any]) -> Array:
    return np.frombuffer(tensor.tensor_content, dtype=dtype.newbyteorder("<")).astype(dtype)


def _filled(where: str, values: Array, shape: Sequence[int]) -> Array:
    """The last value stands for all that are left out after it, and zero for all of none, as TensorFlow shortens a tensor."""
    missing = prod(shape) - len(values)
    if missing <= 0:
        return values
    if missing > FILLED_LIMIT:
        raise BadDataError(f"{where}: the shape {list(shape)} leaves out more than {FILLED_LIMIT} values: send them")
    last = values[-1] if len(values) else "" if values.dtype.kind == "O" else 0
    return np.concatenate([values, np.full(missing, last, dtype=values.dtype)])


def tftensor_of(array: Array) -> pb.TensorFlowTensor:
    """Numbers keep their type where TensorFlow has it, and are doubles else; objects are text."""
    shape = pb.TensorFlowTensor.Shape(dim=[pb.TensorFlowTensor.Shape.Dim(size=size) for size in array.shape])
    if array.dtype.kind in "OSU":
        values = [value if isinstance(value, bytes) else str(value).encode() for value in array.ravel().tolist()]
        return pb.TensorFlowTensor(dtype=STRING, tensor_shape=shape, string_val=values)
    if array.dtype not in NUMBERS:
        array = array.astype(np.float64)
    number = NUMBERS[array.dtype]
    tensor, field = pb.TensorFlowTensor(dtype=number, tensor_shape=shape), _FIELDS[number][1]
    flat = array.ravel()
    getattr(tensor, field).extend((flat.view(np.uint16) if field == _HALF else flat).tolist())
    return tensor
