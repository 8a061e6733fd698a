"""v1's gRPC services of a class: all of a microservice's, and `Seldon`, on one port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict, ParseDict

from sdep.runtime.classes.plain import plain
from sdep.runtime.classes.question import Question
from sdep.runtime.classes.service import Raw
from sdep.runtime.errors import BadDataError, MethodNotAllowedError
from sdep.runtime.message import Message, Payload
from sdep.runtime.rpc import seldon_pb2 as pb
from sdep.runtime.rpc.convert import asked, decode, encode, message_of, meta_of
from sdep.runtime.rpc.methods import Method, service

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    import grpc

    from sdep.runtime.classes.component import Transforming
    from sdep.runtime.classes.service import ClassService
    from sdep.runtime.metrics import Metrics

PACKAGE = "seldon.protos"


def class_services(found: ClassService, metrics: Metrics) -> dict[str, grpc.GenericRpcHandler]:
    """`Seldon` is what clients call, and so it alone is measured."""
    predict, route = _transform(found, "predict"), _route(found)
    transform_input, transform_output = _transform(found, "transform_input"), _transform(found, "transform_output")
    aggregate, feedback = _aggregate(found), _feedback(found)
    methods = {
        "Generic": {
            "TransformInput": transform_input,
            "TransformOutput": transform_output,
            "Route": route,
            "Aggregate": aggregate,
            "SendFeedback": feedback,
        },
        "Model": {"Predict": predict, "SendFeedback": feedback, "Metadata": _metadata(found, Empty)},
        "Router": {"Route": route, "SendFeedback": feedback},
        "Transformer": {"TransformInput": transform_input},
        "OutputTransformer": {"TransformOutput": transform_output},
        "Combiner": {"Aggregate": aggregate},
    }
    services = {f"{PACKAGE}.{name}": service(f"{PACKAGE}.{name}", each) for name, each in methods.items()}
    seldon = {
        "Predict": Method(pb.SeldonMessage, _counted(found, predict)),
        "SendFeedback": feedback,
        "ModelMetadata": _metadata(found, pb.SeldonModelMetadataRequest),
        "GraphMetadata": Method(Empty, _no_graph),
    }
    return {**services, f"{PACKAGE}.Seldon": service(f"{PACKAGE}.Seldon", seldon, metrics)}


def _transform(found: ClassService, step: Transforming) -> Method:
    async def answer(request: pb.SeldonMessage, _: str) -> pb.SeldonMessage:
        raw = await found.raw("grpc", step, request)
        return _written(await found.transform(step, _question(request)) if raw is None else raw)

    return Method(pb.SeldonMessage, answer)


def _route(found: ClassService) -> Method:
    async def answer(request: pb.SeldonMessage, _: str) -> pb.SeldonMessage:
        raw = await found.raw("grpc", "route", request)
        return _written(await found.route(_question(request)) if raw is None else raw)

    return Method(pb.SeldonMessage, answer)


def _aggregate(found: ClassService) -> Method:
    async def answer(request: pb.SeldonMessageList, _: str) -> pb.SeldonMessage:
        raw = await found.raw("grpc", "aggregate", request)
        return _written(await found.aggregate(_questions(request)) if raw is None else raw)

    return Method(pb.SeldonMessageList, answer)


def _feedback(found: ClassService) -> Method:
    async def answer(request: pb.Feedback, _: str) -> pb.SeldonMessage:
        return _written(await found.feedback(request, "grpc"))

    return Method(pb.Feedback, answer)


def _metadata(found: ClassService, asked_with: type[Any]) -> Method:
    async def answer(_: object, __: str) -> pb.SeldonModelMetadata:
        return ParseDict(found.metadata(), pb.SeldonModelMetadata(), ignore_unknown_fields=True)

    return Method(asked_with, answer)


async def _no_graph(_: Empty, __: str) -> pb.SeldonGraphMetadata:
    raise MethodNotAllowedError("one unit knows nothing of a graph: ask the engine")


def _counted(found: ClassService, method: Method) -> Callable[[Any, str], Awaitable[Any]]:
    async def answer(request: pb.SeldonMessage, puid: str) -> Any:  # noqa: ANN401 - the method's own
        said = await method.answer(request, puid)
        found.answered()
        return said

    return answer


def _questions(request: pb.SeldonMessageList) -> Sequence[Question]:
    if not request.seldonMessages:
        raise BadDataError("there is nothing to aggregate: send a list of messages")
    return [_question(message) for message in request.seldonMessages]


def _question(request: pb.SeldonMessage) -> Question:
    return Question(asked(_decoded(request), ""), MessageToDict(request.meta))


def _decoded(request: pb.SeldonMessage) -> Message:
    """`data` without an array is an empty one, and what has a type of the user's own is handed on unread."""
    match request.WhichOneof("data_oneof"):
        case "customData":
            return Message(Payload(request.customData, "proto"), meta_of(request.meta))
        case "data" if request.data.WhichOneof("data_oneof") is None:
            empty = pb.DefaultData(names=request.data.names, ndarray={})
            return decode(pb.SeldonMessage(data=empty, meta=request.meta))
        case _:
            return decode(request)


def _written(answer: Message | Raw) -> pb.SeldonMessage:
    if isinstance(answer, Message):
        return _encoded(answer)
    said = answer.answer
    return said if isinstance(said, pb.SeldonMessage) else message_of(plain(said))


def _encoded(message: Message) -> pb.SeldonMessage:
    payload, meta = message
    meta = meta._replace(tags=plain(meta.tags), metrics=tuple(plain(meta.metrics)))
    if payload.kind == "jsonData":
        payload = payload._replace(value=plain(payload.value))
    if payload.kind == "proto":
        custom = encode(Message(Payload("", "strData"), meta))
        custom.customData.CopyFrom(payload.value)
        return custom
    return encode(Message(payload, meta))
