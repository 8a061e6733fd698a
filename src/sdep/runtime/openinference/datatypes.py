"""The protocol's datatypes: as NumPy's, as JSON, as bytes."""

from __future__ import annotations

import struct
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.errors import BadDataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Array = np.ndarray[Any, Any]

DTYPES = {
    "BOOL": np.dtype("?"),
    **{f"INT{8 * size}": np.dtype(f"<i{size}") for size in (1, 2, 4, 8)},
    **{f"UINT{8 * size}": np.dtype(f"<u{size}") for size in (1, 2, 4, 8)},
    **{f"FP{8 * size}": np.dtype(f"<f{size}") for size in (2, 4, 8)},
}
BYTES, BFLOAT = "BYTES", "BF16"
KNOWN = (*DTYPES, BFLOAT, BYTES)
_NAMES = {dtype: name for name, dtype in DTYPES.items()}
_LENGTH = struct.Struct("<I")


def datatype_of(array: Array) -> str:
    """Name of the array's type; what the protocol has no name for is text."""
    return _NAMES.get(array.dtype.newbyteorder("<"), BYTES)


def from_values(where: str, datatype: str, shape: Sequence[int], values: object) -> Array:
    """Read a JSON list, flat or nested, without changing a value: 2.0 may stand for 2, 2.5 and 300 are no INT8."""
    if not isinstance(values, list):
        raise BadDataError(f"{where}: data must be a list")
    if datatype == BYTES:
        return shaped(where, _texts(where, values), shape)
    try:
        array = np.array(values)
    except ValueError as error:
        raise BadDataError(f"{where}: the lists in data differ in length") from error
    return shaped(where, _number(where, datatype, array, values), shape)


def shaped(where: str, array: Array, shape: Sequence[int]) -> Array:
    if any(size < 0 for size in shape) or prod(shape) != array.size:
        raise BadDataError(f"{where}: the shape {list(shape)} does not fit {array.size} values")
    return array.reshape(shape)


def _texts(where: str, values: list[Any]) -> Array:
    flat = list(_flat(values))
    if not all(isinstance(value, (str, bytes)) for value in flat):
        raise BadDataError(f"{where}: data of BYTES must be a list of strings")
    return objects(flat)


def objects(values: Sequence[Any]) -> Array:
    """One axis of objects; NumPy would make text of fixed width of them."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _flat(values: list[Any]) -> Iterable[Any]:
    for value in values:
        if isinstance(value, list):
            yield from _flat(value)
        else:
            yield value


def _number(where: str, datatype: str, array: Array, values: list[Any]) -> Array:
    dtype = np.dtype(np.float32) if datatype == BFLOAT else DTYPES[datatype]
    try:
        if dtype.kind == "f":
            return _floats(array, dtype)
        return _booleans(array) if dtype.kind == "b" else _integers(array, values, dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadDataError(f"{where}: data holds values that are no {datatype}") from error


def _floats(array: Array, dtype: np.dtype[Any]) -> Array:
    """Null is NaN: that is how the protocol's servers write it."""
    if array.dtype.kind == "O":
        kept = [np.nan if value is None else value for value in array.ravel().tolist()]
        if any(isinstance(value, (str, bool)) for value in kept):
            raise ValueError(array.dtype)
        array = np.array(kept, dtype=np.float64)
    if array.dtype.kind not in "iuf":
        raise ValueError(array.dtype)
    return array.astype(dtype)


def _booleans(array: Array) -> Array:
    if array.size and (array.dtype.kind not in "biu" or not np.isin(array, (0, 1)).all()):
        raise ValueError(array.dtype)
    return array.astype(np.bool_)


def _integers(array: Array, values: list[Any], dtype: np.dtype[Any]) -> Array:
    """NumPy makes doubles of a list with integers on both sides of 2**63: such a list is read number by number."""
    if not array.size:
        return array.astype(dtype)
    if array.dtype.kind in "fO":
        flat = list(_flat(values))
        if not all(isinstance(value, (int, float)) and value == int(value) for value in flat):
            raise ValueError(array.dtype)
        return np.array([int(value) for value in flat], dtype=dtype)
    if array.dtype.kind not in "iu":
        raise ValueError(array.dtype)
    return narrowed(array, dtype)


def narrowed(array: Array, dtype: np.dtype[Any]) -> Array:
    """The same numbers in a type that may be smaller; `OverflowError` for integers that it cannot hold."""
    if dtype.kind in "iu" and array.size:
        limits = np.iinfo(dtype)
        if int(array.min()) < limits.min or int(array.max()) > limits.max:
            raise OverflowError(array.dtype)
    return array.astype(dtype, copy=False)


def from_bytes(where: str, datatype: str, shape: Sequence[int], raw: bytes | memoryview) -> Array:
    """Little-endian, row by row; text with its length before it."""
    if datatype == BYTES:
        return shaped(where, objects(_split(where, bytes(raw))), shape)
    dtype = np.dtype("<u2") if datatype == BFLOAT else DTYPES[datatype]
    if len(raw) != dtype.itemsize * prod(shape):
        raise BadDataError(f"{where}: the shape {list(shape)} of {datatype} does not fit {len(raw)} bytes")
    array: Array = np.frombuffer(raw, dtype=dtype)
    if datatype == BFLOAT:  # the upper half of a float
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return shaped(where, array, shape)


def _split(where: str, raw: bytes) -> list[str | bytes]:
    found, at = [], 0
    while at < len(raw):
        if at + _LENGTH.size > len(raw):
            raise BadDataError(f"{where}: the binary data ends in the middle of a length")
        (length,) = _LENGTH.unpack_from(raw, at)
        at += _LENGTH.size
        if at + length > len(raw):
            raise BadDataError(f"{where}: the binary data ends in the middle of an element of {length} bytes")
        found.append(text(raw[at : at + length]))
        at += length
    return found


def text(raw: bytes) -> str | bytes:
    """What models that take text expect, where the bytes are text."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def to_bytes(array: Array) -> bytes:
    if datatype_of(array) != BYTES:
        return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    parts = [value if isinstance(value, bytes) else str(value).encode() for value in array.ravel().tolist()]
    return b"".join(_LENGTH.pack(len(part)) + part for part in parts)
