"""Between the JSON of a SeldonMessage and the `Message` that a graph works on."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from sdep.runtime.errors import BadDataError
from sdep.runtime.message import UNREAD, Kind, Message, Meta, Payload, in_rows
from sdep.runtime.rows import array_of_rows
from sdep.runtime.seldon.jsonable import jsonable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def parse_json(body: bytes | str, where: str) -> Any:  # noqa: ANN401 - JSON is whatever it is
    """`where` names the part of the request in the error, which also gives line and column."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadDataError(f"{where} is not JSON: {error}") from error


def decode(body: object) -> Message:
    if not isinstance(body, dict):
        raise BadDataError(
            f"the request must be a JSON object with data, jsonData, strData or binData, not {_kind_of(body)}"
        )
    return Message(_payload(body), _meta(body.get("meta")))


def as_written(body: object) -> Message:
    """Leave the payload unread: containers take what is no SeldonMessage too."""
    if not isinstance(body, dict):
        return Message(Payload(body, "message"), Meta())
    return Message(
        Payload({key: value for key, value in body.items() if key != "meta"}, "message"), _meta(body.get("meta"))
    )


def answered(body: object) -> Message:
    """Read a container's answer: as it was written, with the branches that it says it took."""
    message = as_written(body)
    routing = _object(body.get("meta"), "meta").get("routing") if isinstance(body, dict) else None
    return (
        message if not routing else Message(message.payload, message.meta._replace(routing=_object(routing, "routing")))
    )


def read(payload: Payload) -> Payload:
    """Decode what was left as it came; everything else is decoded."""
    if payload.kind == "message":
        return decode(payload.value).payload
    return payload.value.payload() if payload.kind in UNREAD or payload.kind == "invocation" else payload


def _payload(body: Mapping[str, Any]) -> Payload:
    """v1's order of precedence when a message has several payloads: data, jsonData, strData, binData."""
    if "data" in body:
        return _data(body["data"])
    if "jsonData" in body:
        return Payload(body["jsonData"], "jsonData")
    if "strData" in body:
        return Payload(_text(body["strData"], "strData"), "strData")
    if "binData" in body:
        return Payload(_binary(body["binData"]), "binData")
    raise BadDataError("the request holds none of data, jsonData, strData, binData")


def _data(data: object) -> Payload:
    if not isinstance(data, dict):
        raise BadDataError(f"data must be an object with ndarray or tensor, not {_kind_of(data)}")
    names = _names(data.get("names"))
    if "tensor" in data:
        return Payload(_tensor(data["tensor"]), "tensor", names)
    if "ndarray" in data:
        return Payload(_ndarray(data["ndarray"]), "ndarray", names)
    raise BadDataError("data holds neither ndarray nor tensor")


def _names(names: object) -> tuple[str, ...]:
    if not names:
        return ()
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadDataError("data.names must be a list of strings")
    return tuple(names)


def _ndarray(rows: object) -> np.ndarray[Any, Any]:
    if not isinstance(rows, list):
        raise BadDataError(f"data.ndarray must be a list, not {_kind_of(rows)}")
    return array_of_rows(rows, "data.ndarray")


def _tensor(tensor: object) -> np.ndarray[Any, Any]:
    """Values may be the text "NaN" or "Infinity": that is how protobuf's own JSON writes them."""
    if not isinstance(tensor, dict) or not isinstance(tensor.get("values"), list):
        raise BadDataError("data.tensor must be an object with shape and values, both lists of numbers")
    shape, values = tensor.get("shape", [len(tensor["values"])]), tensor["values"]
    try:
        array = np.array(values, dtype=None if _all_plain_numbers(values) else np.float64)
    except (TypeError, ValueError) as error:
        raise BadDataError("data.tensor.values must be a flat list of numbers") from error
    try:
        return array.reshape(shape)
    except (TypeError, ValueError) as error:
        raise BadDataError(f"data.tensor.shape {shape} does not fit {len(values)} values") from error


def _all_plain_numbers(values: list[Any]) -> bool:
    return {type(value) for value in values} <= {int, float}


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise BadDataError(f"{field} must be a string, not {_kind_of(value)}")
    return value


def _binary(value: object) -> bytes:
    try:
        return base64.b64decode(_text(value, "binData"), validate=True)
    except ValueError as error:
        raise BadDataError(f"binData must be base64: {error}") from error


def _meta(meta: object) -> Meta:
    """`routing` of a request is dropped, as v1 does: it says what happened, not what should."""
    if not meta:
        return Meta()
    if not isinstance(meta, dict):
        raise BadDataError(f"meta must be an object, not {_kind_of(meta)}")
    return Meta(
        puid=_text(meta.get("puid", ""), "meta.puid"),
        tags=_object(meta.get("tags"), "meta.tags"),
        request_path=request_path(meta.get("requestPath"), "meta.requestPath"),
        metrics=_list(meta.get("metrics"), "meta.metrics"),
    )


def request_path(value: object, field: str) -> dict[str, str]:
    """Which model answered, by unit."""
    return {unit: _text(model, f"{field}.{unit}") for unit, model in _object(value, field).items()}


def _list(value: object, field: str) -> tuple[Any, ...]:
    if not value:
        return ()
    if not isinstance(value, list):
        raise BadDataError(f"{field} must be a list, not {_kind_of(value)}")
    return tuple(value)


def _object(value: object, field: str) -> dict[str, Any]:
    if not value:
        return {}
    if not isinstance(value, dict):
        raise BadDataError(f"{field} must be an object, not {_kind_of(value)}")
    return value


def _kind_of(value: object) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")


def encode(message: Message) -> bytes:
    """Write valid JSON, always: what is not finite becomes null in an ndarray and protobuf's "NaN" in a tensor."""
    body = encoded_payload(message.payload)
    body["meta"] = _encoded_meta(message.meta)
    return orjson.dumps(body, default=jsonable, option=_OPTIONS)


def encode_request(messages: Sequence[Message] | Message) -> bytes:
    """Write what a container is asked: one message, or a list of them for a combiner.

    Metrics stay here: a container that repeats them would have them counted twice.
    """
    body = _request(messages) if isinstance(messages, Message) else [_request(message) for message in messages]
    return orjson.dumps(body, default=jsonable, option=_OPTIONS)


def _request(message: Message) -> object:
    if message.payload.kind == "message" and not isinstance(message.payload.value, dict):
        return message.payload.value
    body = encoded_payload(message.payload)
    meta = _encoded_meta(message.meta._replace(metrics=()))
    return {**body, "meta": meta} if meta else body


def encoded_payload(payload: Payload) -> dict[str, Any]:
    """Give the body of a message without its `meta`."""
    kind, value = payload.kind, payload.value
    if kind == "ndarray":
        return {"data": {"names": payload.names, "ndarray": serialisable(value)}}
    if kind in {"tensor", "tftensor"}:
        return {"data": {"names": payload.names, "tensor": {"shape": value.shape, "values": _flat(value)}}}
    if kind == "binData":
        return {kind: base64.b64encode(value).decode()}
    if kind in {"proto", "inference", "columns", "invocation"}:
        return encoded_payload(_plain(read(payload)))
    if kind == "message":
        return dict(value) if isinstance(value, dict) else {"jsonData": value}
    return {kind: value}


def _plain(payload: Payload) -> Payload:
    """Named arrays in the protocol's words: rows, or an object where they fit no table."""
    rows = in_rows(payload)
    if rows.kind != "columns":
        return rows
    return Payload({name: array.tolist() for name, array in payload.value.items()}, "jsonData")


def serialisable(array: np.ndarray[Any, Any]) -> object:
    """Leave what orjson writes by itself (native, contiguous numbers and booleans); make nested lists of the rest.

    A shorter float is written with all the digits of the double that it is in Python, as v1 and MLflow write it.
    """
    if array.dtype.kind == "f" and array.itemsize < np.dtype(np.float64).itemsize and array.ndim:
        return np.ascontiguousarray(array, dtype=np.float64)
    if (
        array.dtype.kind in "iufb"
        and array.ndim
        and array.dtype.isnative
        and array.itemsize <= np.dtype(np.float64).itemsize
    ):
        return np.ascontiguousarray(array)
    return array.tolist()


def _flat(array: np.ndarray[Any, Any]) -> object:
    flat = array.ravel()
    if flat.dtype.kind == "f" and not np.isfinite(flat).all():
        return [_protobuf_number(number) for number in flat.tolist()]
    return serialisable(flat)


def _protobuf_number(number: float) -> float | str:
    if number != number:  # noqa: PLR0124 - only NaN differs from itself
        return "NaN"
    return {float("inf"): "Infinity", float("-inf"): "-Infinity"}.get(number, number)


def _encoded_meta(meta: Meta) -> dict[str, Any]:
    """Only what there is to say: a field that v1 leaves out is left out."""
    said: dict[str, Any] = {}
    if meta.puid:
        said["puid"] = meta.puid
    if meta.tags:
        said["tags"] = meta.tags
    if meta.routing:
        said["routing"] = meta.routing
    if meta.request_path:
        said["requestPath"] = meta.request_path
    if meta.metrics:
        said["metrics"] = meta.metrics
    return said


def empty(kind: Kind) -> Payload:
    """v1's answer to a feedback: nothing, in the kind that was asked with."""
    return Payload(np.zeros(0), kind if kind in {"ndarray", "tensor"} else "tensor")
