"""TensorFlow's tensors without TensorFlow: numbers and text, in the fields in which its clients send them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.errors import BadDataError
from sdep.runtime.rpc import seldon_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = np.ndarray[Any, Any]

DOUBLE, STRING = 2, 7
_FIELDS = {
    1: (np.float32, "float_val"),
    DOUBLE: (np.float64, "double_val"),
    3: (np.int32, "int_val"),
    4: (np.uint8, "int_val"),
    5: (np.int16, "int_val"),
    6: (np.int8, "int_val"),
    9: (np.int64, "int64_val"),
    10: (np.bool_, "bool_val"),
}
"""By TensorFlow's number for the type."""
_NUMBERS = {np.dtype(dtype): number for number, (dtype, _) in _FIELDS.items()}


def array_of(tensor: pb.TensorFlowTensor) -> Array:
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    try:
        return _values(tensor, int(np.prod(shape, dtype=np.int64))).reshape(shape)
    except ValueError as error:
        raise BadDataError(f"data.tftensor: its values do not fill the shape {shape}") from error


def _values(tensor: pb.TensorFlowTensor, size: int) -> Array:
    if tensor.dtype == STRING:
        return np.array([text.decode(errors="replace") for text in tensor.string_val], dtype=object)
    if tensor.dtype not in _FIELDS:
        raise BadDataError(f"data.tftensor has the type {tensor.dtype}, which is none of a number, a boolean or text")
    dtype, field = _FIELDS[tensor.dtype]
    if tensor.tensor_content:
        return np.frombuffer(tensor.tensor_content, dtype=np.dtype(dtype).newbyteorder("<")).astype(dtype)
    values: Sequence[Any] = getattr(tensor, field)
    array: Array = np.array(values, dtype=dtype)
    return np.full(size, array[0]) if len(array) == 1 else array  # one value stands for all


def tftensor_of(array: Array) -> pb.TensorFlowTensor:
    """Numbers keep their type where TensorFlow has it, and are doubles else."""
    if array.dtype not in _NUMBERS:
        array = array.astype(np.float64)
    shape = pb.TensorFlowTensor.Shape(dim=[pb.TensorFlowTensor.Shape.Dim(size=size) for size in array.shape])
    number = _NUMBERS[array.dtype]
    tensor = pb.TensorFlowTensor(dtype=number, tensor_shape=shape)
    getattr(tensor, _FIELDS[number][1]).extend(array.ravel().tolist())
    return tensor
