"""v1's gRPC services: `Seldon` for the whole graph, and those of a microservice for a graph that is one unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import ParseDict

from sdep.runtime.errors import BadDataError
from sdep.runtime.rpc import seldon_pb2 as pb
from sdep.runtime.rpc.convert import as_received, asked, decode, encode, feedback_body, message_of
from sdep.runtime.rpc.methods import Method, service

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import grpc

    from sdep.runtime.message import Message
    from sdep.runtime.metrics import Metrics
    from sdep.runtime.seldon.api import SeldonApi
    from sdep.runtime.seldon.unit_api import UnitApi

SELDON = "seldon.protos.Seldon"


def graph_services(api: SeldonApi, metrics: Metrics) -> dict[str, grpc.GenericRpcHandler]:
    read = as_received if api.has_containers else decode

    async def predict(request: pb.SeldonMessage, puid: str) -> pb.SeldonMessage:
        return encode(await api.answer(asked(read(request), puid)))

    async def send_feedback(request: pb.Feedback, puid: str) -> pb.SeldonMessage:
        body, _ = await api.feedback(feedback_body(request), puid)
        return message_of(orjson.loads(body))

    async def model_metadata(request: pb.SeldonModelMetadataRequest, _: str) -> pb.SeldonModelMetadata:
        return ParseDict(_json(await api.unit_metadata(request.name)), pb.SeldonModelMetadata())

    async def graph_metadata(_: Empty, __: str) -> pb.SeldonGraphMetadata:
        body = _json(await api.graph_metadata())
        renamed = {"inputs": body.pop("graphinputs"), "outputs": body.pop("graphoutputs")}
        return ParseDict({**body, **renamed}, pb.SeldonGraphMetadata())

    methods = {
        "Predict": Method(pb.SeldonMessage, predict),
        "SendFeedback": Method(pb.Feedback, send_feedback),
        "ModelMetadata": Method(pb.SeldonModelMetadataRequest, model_metadata),
        "GraphMetadata": Method(Empty, graph_metadata),
    }
    return {SELDON: service(SELDON, methods, metrics)}


def unit_services(api: UnitApi) -> dict[str, grpc.GenericRpcHandler]:
    """Not measured: the engine that calls measures its calls."""

    async def aggregate(request: pb.SeldonMessageList, _: str) -> pb.SeldonMessage:
        return encode(await api.aggregate([decode(message) for message in request.seldonMessages]))

    async def send_feedback(request: pb.Feedback, _: str) -> pb.SeldonMessage:
        return message_of(_json(api.send_feedback(feedback_body(request))))

    async def metadata(_: Empty, __: str) -> pb.SeldonModelMetadata:
        return ParseDict(_json(api.metadata()), pb.SeldonModelMetadata())

    predict, transform, route = (_of_message(call) for call in (api.predict, api.transform, api.route))
    combine, feedback = Method(pb.SeldonMessageList, aggregate), Method(pb.Feedback, send_feedback)
    generic = {
        "TransformInput": transform,
        "TransformOutput": transform,
        "Route": route,
        "Aggregate": combine,
        "SendFeedback": feedback,
    }
    methods = {
        "Generic": generic,
        "Model": {"Predict": predict, "SendFeedback": feedback, "Metadata": Method(Empty, metadata)},
        "Router": {"Route": route, "SendFeedback": feedback},
        "Transformer": {"TransformInput": transform},
        "OutputTransformer": {"TransformOutput": transform},
        "Combiner": {"Aggregate": combine},
    }
    return {f"seldon.protos.{name}": service(f"seldon.protos.{name}", found) for name, found in methods.items()}


def _of_message(call: Callable[[Message], Awaitable[Message]]) -> Method:
    async def answer(request: pb.SeldonMessage, _: str) -> pb.SeldonMessage:
        return encode(await call(decode(request)))

    return Method(pb.SeldonMessage, answer)


def _json(body: bytes) -> dict[str, Any]:
    found = orjson.loads(body)
    if not isinstance(found, dict):
        raise BadDataError("the answer is no JSON object")
    return found
