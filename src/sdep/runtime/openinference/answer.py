"""From the answer of a graph to named tensors."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from sdep.runtime.errors import BadDataError
from sdep.runtime.message import Payload
from sdep.runtime.openinference.datatypes import BYTES, datatype_of, objects
from sdep.runtime.openinference.payload import MATRIX, PANDAS
from sdep.runtime.openinference.tensor import Inference, Tensor
from sdep.runtime.seldon.codec import read
from sdep.runtime.seldon.jsonable import jsonable

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = np.ndarray[Any, Any]

NUMPY, STRINGS, BASE64 = "np", "str", "base64"
_NUMBERED = re.compile(r"t:\d+")
"""Names that say nothing but the number of a column."""


def inference_of(payload: Payload, name: str) -> Inference:
    """One tensor for each named column, key or former tensor; else a single one, called `name`."""
    if payload.kind == "inference":
        found: Inference = payload.value
        return found
    value = read(payload).value if payload.kind in {"message", "proto"} else payload.value
    names = payload.names
    if isinstance(value, np.ndarray):
        columns = value.ndim == MATRIX and len(names) == value.shape[1] and not all(map(_NUMBERED.fullmatch, names))
        if columns:
            return _named({each: value[:, index] for index, each in enumerate(names)}, PANDAS)
        return _named({name: value}, NUMPY)
    if isinstance(value, dict) and value:
        arrays = {str(key): _array(each) for key, each in value.items()}
        if all(array is not None for array in arrays.values()):
            return _named({key: array for key, array in arrays.items() if array is not None}, "")
    listed = _array(value) if isinstance(value, list) else None
    return _named(
        {name: listed if listed is not None else objects([_text(value)])}, NUMPY if listed is not None else ""
    )


def _named(arrays: dict[str, Array], content_type: str) -> Inference:
    tensors = tuple(_tensor(name, array) for name, array in arrays.items())
    return Inference(tensors, {"content_type": content_type} if content_type else {})


def _tensor(name: str, array: Array) -> Tensor:
    """With a second axis where there is but one, as MLServer has it: the first one counts rows."""
    array = _typed(array)
    array = array.reshape(-1, 1) if array.ndim < MATRIX else array
    if datatype_of(array) != BYTES:
        return Tensor(name, array, {"content_type": NUMPY})
    holds_bytes = any(isinstance(value, bytes) for value in array.ravel().tolist())
    return Tensor(name, array, {"content_type": BASE64 if holds_bytes else STRINGS})


def _typed(array: Array) -> Array:
    """Objects that are all numbers become numbers, with NaN for null; all others become text."""
    if array.dtype.kind != "O":
        return (
            array
            if datatype_of(array) != BYTES
            else objects([str(each) for each in array.ravel()]).reshape(array.shape)
        )
    flat = array.ravel().tolist()
    if flat and all(value is None or (isinstance(value, (bool, int, float))) for value in flat):
        numbers = np.array([np.nan if value is None else value for value in flat])
        if datatype_of(numbers) != BYTES:
            return numbers.reshape(array.shape)
    return objects([_text(value) for value in flat]).reshape(array.shape)


def _text(value: object) -> str | bytes:
    if isinstance(value, (str, bytes)):
        return value
    try:
        return orjson.dumps(
            value, default=jsonable, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
        ).decode()
    except TypeError:  # an integer of more than 64 bits, or what has no form in JSON
        return json.dumps(value, default=str)


def _array(value: Any) -> Array | None:  # noqa: ANN401 - whatever a model gave
    """None for what is no array: a ragged list, an object."""
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "to_numpy"):
        found: Array = value.to_numpy()
        return found
    try:
        array = np.array(value)
    except ValueError:
        return None
    return None if array.dtype.kind == "O" and any(isinstance(each, (dict, list)) for each in array.ravel()) else array


def chosen(answer: Inference, wanted: Sequence[str], *, own_name: bool) -> Inference:
    """Keep the outputs that the client named, in its order; `own_name`: the only one has no name but the one we gave it."""
    if not wanted:
        return answer
    if own_name and len(answer.tensors) == len(wanted) == 1:
        return answer._replace(tensors=(answer.tensors[0]._replace(name=wanted[0]),))
    found = {tensor.name: tensor for tensor in answer.tensors}
    if missing := [name for name in wanted if name not in found]:
        raise BadDataError(f"outputs: there is no '{missing[0]}': the outputs are {', '.join(found)}")
    return answer._replace(tensors=tuple(found[name] for name in wanted))
