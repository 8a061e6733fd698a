"""`seldon_core.utils`: what the raw methods of classes use to read and write messages."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import Message as Proto

from sdep.runtime.classes.v1.flask_utils import SeldonMicroserviceException
from sdep.runtime.errors import BadDataError
from sdep.runtime.message import Message, Meta, Payload
from sdep.runtime.rpc import seldon_pb2 as pb
from sdep.runtime.rpc.convert import encode, payload_of
from sdep.runtime.seldon.codec import decode, encoded_payload

Parsed = TypeVar("Parsed", bound=Proto)
Read = TypeVar("Read")


def json_to_seldon_message(message_json: dict[str, Any] | None) -> pb.SeldonMessage:
    return _parsed(message_json, pb.SeldonMessage())


def json_to_seldon_messages(message_json: dict[str, Any] | None) -> pb.SeldonMessageList:
    return _parsed(message_json, pb.SeldonMessageList())


def json_to_feedback(message_json: dict[str, Any] | None) -> pb.Feedback:
    return _parsed(message_json, pb.Feedback())


def seldon_message_to_json(message_proto: Proto) -> dict[str, Any]:
    found: dict[str, Any] = MessageToDict(message_proto)
    return found


seldon_messages_to_json = feedback_to_json = seldon_message_to_json


def get_data_from_proto(request: pb.SeldonMessage) -> Any:  # noqa: ANN401 - an array, text, bytes or JSON
    return _asked(payload_of, request).value


def get_meta_from_proto(request: pb.SeldonMessage) -> dict[str, Any]:
    return seldon_message_to_json(request.meta)


def grpc_datadef_to_array(datadef: pb.DefaultData) -> Any:  # noqa: ANN401 - an array
    if datadef.WhichOneof("data_oneof") is None:
        return np.array([])
    return get_data_from_proto(pb.SeldonMessage(data=datadef))


def array_to_grpc_datadef(data_type: str, array: Any, names: Any = ()) -> pb.DefaultData:  # noqa: ANN401 - an array, its columns
    kind = data_type if data_type in {"tensor", "tftensor"} else "ndarray"
    return encode(Message(Payload(np.asarray(array), kind, tuple(names)), Meta())).data  # type: ignore[arg-type]


def array_to_rest_datadef(data_type: str, array: Any, names: Any = ()) -> dict[str, Any]:  # noqa: ANN401 - as above
    kind = data_type if data_type == "tensor" else "ndarray"
    data: dict[str, Any] = encoded_payload(Payload(np.asarray(array), kind, tuple(names)))["data"]  # type: ignore[arg-type]
    if kind == "tensor":
        values = data["tensor"]["values"]
        return {"names": list(names), "tensor": {"shape": list(np.shape(array)), "values": np.asarray(values).tolist()}}
    return {"names": list(names), "ndarray": np.asarray(array).tolist()}


def extract_request_parts(request: pb.SeldonMessage) -> tuple[Any, dict[str, Any], pb.DefaultData, str | None]:
    return (
        get_data_from_proto(request), get_meta_from_proto(request), request.data, request.WhichOneof("data_oneof")
    )  # fmt: skip


def extract_request_parts_json(request: dict[str, Any]) -> tuple[Any, dict[str, Any] | None, Any, str]:
    payload = _asked(decode, request).payload
    kind = "data" if "data" in request else payload.kind
    return payload.value, request.get("meta"), request.get("data"), kind


def getenv(*env_vars: str, default: Any = None) -> Any:  # noqa: ANN401 - of the default's type
    return next((os.environ[name] for name in env_vars if name in os.environ), default)


def getenv_as_bool(*env_vars: str, default: bool | None = False) -> bool | None:
    found = getenv(*env_vars)
    return default if found is None else str(found).lower() in {"1", "true", "t"}


def _parsed(body: dict[str, Any] | None, into: Parsed) -> Parsed:
    try:
        return ParseDict(body or {}, into)
    except ParseError as error:
        raise SeldonMicroserviceException(f"Invalid JSON: {error}") from error


def _asked(read: Callable[[Any], Read], request: object) -> Read:
    try:
        return read(request)
    except BadDataError as error:
        raise SeldonMicroserviceException(error.message) from error
