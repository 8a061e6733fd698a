"""A unit's container over gRPC: v1's microservice services."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict

from sdep.runtime.errors import RemoteError
from sdep.runtime.graph.call import CALL
from sdep.runtime.remote.branch import branch_of
from sdep.runtime.remote.retry import ONCE, PAUSES, RetryBudget
from sdep.runtime.rpc import seldon_pb2 as pb
from sdep.runtime.rpc.codes import http_code
from sdep.runtime.rpc.convert import as_received, encode, feedback_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from google.protobuf.message import Message as Proto

    from sdep.contract import ServedUnit
    from sdep.runtime.graph.remote import Step
    from sdep.runtime.message import Message

DIAL_PAUSES = (0.05, 0.2, 0.5)
"""Seconds before each further try, of what never reached the container."""
_METHODS: dict[Step, str] = {
    "predict": "/seldon.protos.Model/Predict",
    "transform-input": "/seldon.protos.Transformer/TransformInput",
    "transform-output": "/seldon.protos.OutputTransformer/TransformOutput",
    "route": "/seldon.protos.Router/Route",
    "aggregate": "/seldon.protos.Combiner/Aggregate",
    "send-feedback": "/seldon.protos.Model/SendFeedback",
}
"""Feedback goes to `Model` whatever the unit is, as in v1."""
_ONCE = {_METHODS[step] for step in _METHODS if step in ONCE}
_METADATA = "/seldon.protos.Model/Metadata"
_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),  # a container that was restarted is found again within a second
    ("grpc.enable_http_proxy", 0),
)
_NOT_FORWARDED = frozenset(
    {"user-agent", "te", "content-type", "content-length", "host", "connection", "accept-encoding"}
)
_KEY, _VALUE = re.compile(r"[0-9a-z_.-]+"), re.compile(r"[ -~]*")
"""What gRPC's metadata may hold; a header of HTTP may hold more."""


class RpcService:
    """`timeout` is that of each call, in seconds, as v1's annotation `seldon.io/grpc-timeout` has it."""

    hears_feedback = True

    def __init__(self, unit: ServedUnit, timeout: float) -> None:
        self._unit = unit.name
        self._target = f"{unit.host}:{unit.grpc_port}"
        self._timeout = timeout
        self._budget = RetryBudget()
        self._channel: grpc.aio.Channel | None = None

    def label(self, step: Step) -> str:
        return _METHODS[step]

    async def transform(self, step: Step, message: Message) -> Message:
        return await self._answer(step, encode(message, with_metrics=False))

    async def route(self, message: Message) -> int:
        answer = await self._call(_METHODS["route"], encode(message, with_metrics=False), pb.SeldonMessage.FromString)
        branch = branch_of(MessageToDict(answer))
        if branch is None:
            raise RemoteError(self._unit, "Route must answer with the number of a child, as data.ndarray [[0]]")
        return branch

    async def aggregate(self, messages: Sequence[Message]) -> Message:
        encoded = [encode(message, with_metrics=False) for message in messages]
        return await self._answer("aggregate", pb.SeldonMessageList(seldonMessages=encoded))

    async def send_feedback(self, feedback: dict[str, Any]) -> Message:
        return await self._answer("send-feedback", feedback_of(feedback))

    async def metadata(self) -> dict[str, Any]:
        answer = await self._call(_METADATA, Empty(), pb.SeldonModelMetadata.FromString)
        return dict(MessageToDict(answer))

    async def status(self) -> dict[str, Any]:
        raise RemoteError(self._unit, "a container that is called over gRPC has no status", 501, "NOT_IMPLEMENTED")

    async def _answer(self, step: Step, request: Proto) -> Message:
        return as_received(await self._call(_METHODS[step], request, pb.SeldonMessage.FromString))

    async def _call(self, method: str, request: Proto, read: Callable[[bytes], Any]) -> Any:  # noqa: ANN401 - its message
        if self._channel is None:  # made on the loop that uses it
            self._channel = grpc.aio.insecure_channel(self._target, options=_OPTIONS)
        call = self._channel.unary_unary(method, request_serializer=_serialized, response_deserializer=read)
        self._budget.earn()
        dials, tries = iter(DIAL_PAUSES), iter(() if method in _ONCE else PAUSES)
        while True:
            seconds = CALL.get().seconds_left(self._timeout)
            try:
                return await call(request, timeout=seconds, metadata=_metadata())
            except grpc.aio.AioRpcError as error:
                pause = self._pause(error, dials, tries)
                if pause is None:
                    raise self._failure(error, seconds) from error
            await asyncio.sleep(pause)

    def _pause(self, error: grpc.aio.AioRpcError, dials: Iterator[float], tries: Iterator[float]) -> float | None:
        """Seconds until another try; None where there is none. What was never heard costs nothing of the budget."""
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            return None
        if _never_sent(error):
            return next(dials, None)
        pause = next(tries, None)
        return pause if pause is not None and self._budget.spend() else None

    def _failure(self, error: grpc.aio.AioRpcError, seconds: float) -> RemoteError:
        name, said = error.code().name, error.details() or ""
        if _never_sent(error):
            said = f"no connection to {self._target}"
        elif name == "DEADLINE_EXCEEDED":
            said = f"no answer from {self._target} within {seconds:.3g} s"
        return RemoteError(self._unit, said or f"its container answered {name}", http_code(name), grpc_code=name)


def _serialized(message: Proto) -> bytes:
    return message.SerializeToString()


def _never_sent(error: grpc.aio.AioRpcError) -> bool:
    return error.code() is grpc.StatusCode.UNAVAILABLE and "failed to connect" in (error.details() or "").lower()


def _metadata() -> tuple[tuple[str, str], ...]:
    """The request's headers, as far as gRPC can carry them."""
    return tuple(
        (name, value)
        for name, value in CALL.get().headers.items()
        if name not in _NOT_FORWARDED
        and not name.startswith("grpc-")
        and not name.endswith("-bin")
        and _KEY.fullmatch(name)
        and _VALUE.fullmatch(value)
    )
