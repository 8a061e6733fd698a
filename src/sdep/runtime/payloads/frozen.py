"""A payload as it is now, for somebody who reads it later, and about how many bytes it keeps in memory until then."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from sdep.runtime.message import Payload
from sdep.runtime.seldon.jsonable import jsonable

if TYPE_CHECKING:
    from sdep.runtime.message import Message

_OBJECT_BYTES = 64
"""A number, a short text or an empty container of Python's."""
_LOOKED_AT = 16
"""Members of an object whose size is measured: more are taken to be like these."""


def frozen(message: Message) -> tuple[Message, int]:
    """Copy what a unit could change in place: arrays, and JSON, which is written at once. What is unread nobody changes."""
    payload, size = _frozen(message.payload)
    return message._replace(payload=payload), size + _OBJECT_BYTES


def _frozen(payload: Payload) -> tuple[Payload, int]:
    value = payload.value
    if isinstance(value, np.ndarray):
        return payload._replace(value=value.copy()), _bytes(value)
    if isinstance(value, (str, bytes)):
        return payload, len(value)
    if payload.kind == "message":
        return payload, _size(value)
    if payload.kind == "proto":
        return payload, value.message.ByteSize()
    if payload.kind in {"inference", "columns"}:
        tensors = value if payload.kind == "columns" else {tensor.name: tensor.array for tensor in value.tensors}
        copied = {name: array.copy() for name, array in tensors.items()}
        return Payload(copied, "columns", tuple(copied)), sum(map(_bytes, copied.values()))
    written = orjson.dumps(value, default=jsonable, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
    return payload._replace(value=orjson.Fragment(written)), len(written)


def _bytes(array: np.ndarray[Any, Any]) -> int:
    return array.nbytes + (_OBJECT_BYTES * array.size if array.dtype == object else 0)


def _size(value: Any) -> int:  # noqa: ANN401 - any JSON
    """Estimated from the first members at each level: rows are alike."""
    if isinstance(value, str):
        return len(value) + _OBJECT_BYTES
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if not members:
        return _OBJECT_BYTES
    sizes = [_size(member) for member in islice(members, _LOOKED_AT)]
    return _OBJECT_BYTES + len(members) * sum(sizes) // len(sizes)
