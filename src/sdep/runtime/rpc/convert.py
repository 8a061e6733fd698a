"""Between gRPC's messages and the `Message` that a graph works on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.struct_pb2 import ListValue, Value

from sdep.runtime.errors import BadDataError
from sdep.runtime.evidence.stride import stride
from sdep.runtime.message import Message, Meta, Payload
from sdep.runtime.rows import array_of_rows
from sdep.runtime.rpc import seldon_pb2 as pb
from sdep.runtime.rpc.tftensor import array_of, tftensor_of
from sdep.runtime.seldon.codec import encoded_payload

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Array = np.ndarray[Any, Any]
Parsed = TypeVar("Parsed", pb.SeldonMessage, pb.Meta, pb.Feedback)


class Received(NamedTuple):
    """The value of a payload of the kind `proto`."""

    message: pb.SeldonMessage

    def payload(self) -> Payload:
        return payload_of(self.message)

    def few(self) -> Payload:
        """The payload with a few rows of an ndarray, whose values take long to read. ValueError where one is too wide."""
        rows = self.message.data.ndarray.values
        step = stride(len(rows), len(rows[0].list_value.values)) if rows else 1
        return self.payload() if step == 1 else Payload([_plain(row) for row in rows[::step]], "jsonData")


def as_received(message: pb.SeldonMessage) -> Message:
    """Leave the payload unread: containers get it as it came."""
    return Message(Payload(Received(message), "proto"), meta_of(message.meta))


def decode(message: pb.SeldonMessage) -> Message:
    return Message(payload_of(message), meta_of(message.meta))


def payload_of(message: pb.SeldonMessage) -> Payload:
    match message.WhichOneof("data_oneof"):
        case "data":
            return _data(message.data)
        case "jsonData":
            return Payload(_plain(message.jsonData), "jsonData")
        case "strData":
            return Payload(message.strData, "strData")
        case "binData":
            return Payload(message.binData, "binData")
        case None:
            raise BadDataError("the request holds none of data, jsonData, strData, binData")
        case kind:
            raise BadDataError(f"{kind} is for containers: a model takes data, jsonData, strData or binData")


def _data(data: pb.DefaultData) -> Payload:
    names = tuple(data.names)
    match data.WhichOneof("data_oneof"):
        case "tensor":
            return Payload(_shaped(np.array(data.tensor.values, dtype=np.float64), data.tensor.shape), "tensor", names)
        case "ndarray":
            return Payload(
                array_of_rows([_plain(value) for value in data.ndarray.values], "data.ndarray"), "ndarray", names
            )
        case "tftensor":
            return Payload(array_of(data.tftensor), "tftensor", names)
        case _:
            raise BadDataError("data holds none of tensor, ndarray, tftensor")


def _shaped(values: Array, shape: Iterable[int]) -> Array:
    wanted = list(shape) or [len(values)]
    try:
        return values.reshape(wanted)
    except ValueError as error:
        raise BadDataError(f"data.tensor.shape {wanted} does not fit {len(values)} values") from error


def _plain(value: Value) -> Any:  # noqa: ANN401 - any JSON
    """The library's own way is several times slower; every number is a double here."""
    match value.WhichOneof("kind"):
        case "number_value":
            return value.number_value
        case "string_value":
            return value.string_value
        case "list_value":
            return [_plain(item) for item in value.list_value.values]
        case "struct_value":
            return {key: _plain(item) for key, item in value.struct_value.fields.items()}
        case "bool_value":
            return value.bool_value
        case _:
            return None


def meta_of(meta: pb.Meta) -> Meta:
    """`routing` too: of a request it is dropped by `asked`."""
    return Meta(
        puid=meta.puid,
        tags={key: _plain(value) for key, value in meta.tags.items()},
        routing=dict(meta.routing),
        request_path=dict(meta.requestPath),
        metrics=tuple(_metric(metric) for metric in meta.metrics),
    )


def asked(message: Message, puid: str) -> Message:
    """A client's message: its routing says what happened once, and the id of its headers counts where it has none."""
    meta = message.meta
    return Message(message.payload, meta._replace(routing={}, puid=meta.puid or puid))


def _metric(metric: pb.Metric) -> dict[str, Any]:
    said: dict[str, Any] = {
        "key": metric.key,
        "type": pb.Metric.MetricType.Name(metric.type),
        "value": metric.value,
    }
    return {**said, "tags": dict(metric.tags)} if metric.tags else said


def encode(message: Message, *, with_metrics: bool = True) -> pb.SeldonMessage:
    """Write a message; `BadDataError` for what SeldonMessage has no field for. Metrics are not for containers, which would repeat them."""
    encoded = _encoded_payload(message.payload)
    encoded.meta.CopyFrom(_encoded_meta(message.meta, with_metrics=with_metrics))
    return encoded


def _encoded_payload(payload: Payload) -> pb.SeldonMessage:
    value = payload.value
    match payload.kind:
        case "proto":
            return pb.SeldonMessage.FromString(value.message.SerializeToString())
        case "tensor":
            tensor = pb.Tensor(shape=value.shape, values=value.ravel().tolist())
            return pb.SeldonMessage(data=pb.DefaultData(names=payload.names, tensor=tensor))
        case "tftensor":
            return pb.SeldonMessage(data=pb.DefaultData(names=payload.names, tftensor=tftensor_of(value)))
        case "ndarray" if value.ndim and value.dtype.kind in "iufb":
            return pb.SeldonMessage(data=pb.DefaultData(names=payload.names, ndarray=_list(value.tolist())))
        case _:
            return message_of(encoded_payload(payload))


def _list(rows: list[Any]) -> ListValue:
    return ListValue(values=[_value(row) for row in rows])


def _value(item: Any) -> Value:  # noqa: ANN401 - a number, a boolean or a list of them
    if isinstance(item, list):
        return Value(list_value=_list(item))
    return Value(bool_value=item) if isinstance(item, bool) else Value(number_value=item)


def message_of(body: object) -> pb.SeldonMessage:
    """From JSON. What has no field in the message is dropped, as unknown fields are."""
    if not isinstance(body, dict):
        raise BadDataError("a message for gRPC must be a JSON object")
    return _parsed(body, pb.SeldonMessage())


def _encoded_meta(meta: Meta, *, with_metrics: bool) -> pb.Meta:
    encoded = pb.Meta(puid=meta.puid, routing=meta.routing, requestPath=meta.request_path)
    if meta.tags:
        _parsed({"tags": dict(meta.tags)}, encoded)
    if meta.metrics and with_metrics:
        _parsed({"metrics": list(meta.metrics)}, encoded)
    return encoded


def feedback_body(feedback: pb.Feedback) -> dict[str, Any]:
    """As the JSON that v1's REST API takes."""
    body: dict[str, Any] = MessageToDict(feedback)
    return body


def feedback_of(body: Mapping[str, Any]) -> pb.Feedback:
    return _parsed(body, pb.Feedback())


def _parsed(body: Mapping[str, Any], into: Parsed) -> Parsed:
    try:
        return ParseDict(dict(body), into, ignore_unknown_fields=True)
    except ParseError as error:
        raise BadDataError(f"the message does not fit SeldonMessage: {error}") from error
