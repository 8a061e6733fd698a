"""A request as a class is asked: the decoded message, and `meta` as the client wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sdep.runtime.errors import BadDataError
from sdep.runtime.message import Message, Payload
from sdep.runtime.seldon.codec import decode

if TYPE_CHECKING:
    from collections.abc import Mapping

ARRAYS = ("tensor", "ndarray", "tftensor")


class Question(NamedTuple):
    """`meta` is None where the request has none."""

    message: Message
    meta: Mapping[str, Any] | None


def from_json(body: object) -> Question:
    """`data` without an array is an empty one, as in v1."""
    if not isinstance(body, dict):
        return Question(decode(body), None)
    data = body.get("data")
    if isinstance(data, dict) and not any(kind in data for kind in ARRAYS):
        message = decode({**body, "data": {**data, "ndarray": []}})
    elif isinstance(data, dict) and "tftensor" in data and "tensor" not in data and "ndarray" not in data:
        message = _with_tftensor(body, data)
    else:
        message = decode(body)
    return Question(message, body.get("meta"))


def _with_tftensor(body: Mapping[str, Any], data: Mapping[str, Any]) -> Message:
    from sdep.runtime.classes.tftensor import read_tftensor  # noqa: PLC0415 - few need protobuf over HTTP

    names, meta = decode({**body, "data": {**data, "ndarray": []}})
    return Message(Payload(read_tftensor(data["tftensor"]), "tftensor", names.names), meta)


def list_from_json(body: object) -> list[Question]:
    """A combiner's input: a bare list, or v1's SeldonMessageList."""
    messages = body.get("seldonMessages") if isinstance(body, dict) else body
    if not isinstance(messages, list):
        raise BadDataError("a combiner takes a list of messages, or an object with the list seldonMessages")
    if not messages:
        raise BadDataError("there is nothing to aggregate: send a list of messages")
    return [from_json(message) for message in messages]


def features(payload: Payload) -> object:
    """An array as v1 made it: text and numbers of one row become text, for such arrays classes were written."""
    value = payload.value
    if isinstance(value, np.ndarray) and value.dtype.kind == "O":
        return np.array(value.tolist())
    return value
