"""Between gRPC's messages and the graph's: nothing is lost on the way to a container."""

from __future__ import annotations

import pytest

from sdep.runtime.errors import BadDataError
from sdep.runtime.message import Message, Meta, Payload
from sdep.runtime.rpc import seldon_pb2 as pb
from sdep.runtime.rpc.codes import grpc_name, http_code, label
from sdep.runtime.rpc.convert import as_received, decode, encode
from sdep.runtime.seldon.codec import encode_request


def _custom() -> pb.SeldonMessage:
    message = pb.SeldonMessage()
    message.customData.Pack(pb.Status(code=3))
    return message


def test_a_custom_message_passes() -> None:
    """What only a container understands reaches it as it came; a container that takes JSON, or a model, cannot have it."""
    assert encode(as_received(_custom())).customData == _custom().customData
    with pytest.raises(BadDataError, match="customData is for containers"):
        encode_request(as_received(_custom()))


def test_meta_both_ways() -> None:
    """Tags of any kind, branches, path and metrics come back as they went; containers are not told the metrics."""
    metric = {"key": "k", "type": "TIMER", "value": 0.5, "tags": {"a": "b"}}
    tags = {"text": "x", "list": [1.0, None, {"deep": True}]}
    meta = Meta("p", tags, {"r": 1}, {"m": "i:1"}, (metric,))
    message = Message(Payload("x", "strData"), meta)

    assert decode(encode(message)) == message
    assert decode(encode(message, with_metrics=False)).meta == meta._replace(metrics=())


@pytest.mark.parametrize(
    "body", [{"jsonData": {"a": [1, "x", None]}}, {"data": {"ndarray": [["a", 1.5], ["b", None]]}}]
)
def test_json_as_it_was_written(body: dict[str, object]) -> None:
    """A body that nobody has read becomes the message that JSON of protobuf means by it."""
    encoded = encode(Message(Payload(body, "message"), Meta()))

    assert encode(decode(encoded)) == encoded


def test_codes() -> None:
    """HTTP's and gRPC's words for one thing lead to each other; v1's metrics write gRPC's in camel case."""
    assert [grpc_name(code) for code in (200, 400, 413, 503, 418)] == [
        *("OK", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "UNAVAILABLE", "UNKNOWN")
    ]
    assert [http_code(name) for name in ("NOT_FOUND", "UNKNOWN", "UNIMPLEMENTED", "DATA_LOSS")] == [404, 500, 405, 500]
    assert (label(200), label(504), label(418)) == ("OK", "DeadlineExceeded", "Unknown")
