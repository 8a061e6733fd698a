"""A unit's container over the Open Inference Protocol's gRPC service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.json_format import MessageToDict
from typing_extensions import override

from sdep.runtime.errors import BadDataError, RemoteError
from sdep.runtime.message import Message, Meta, Payload
from sdep.runtime.openinference.answer import inference_of
from sdep.runtime.remote.inferred import branch_in, together
from sdep.runtime.remote.open_inference import INPUT
from sdep.runtime.remote.rpc import RpcService
from sdep.runtime.rpc import open_inference_pb2 as pb
from sdep.runtime.rpc.open_inference import OPEN_INFERENCE
from sdep.runtime.rpc.open_inference_convert import inference_of_response, request_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdep.contract import ServedUnit
    from sdep.runtime.graph.remote import Step
    from sdep.runtime.openinference.tensor import Inference

_INFER = f"/{OPEN_INFERENCE}/ModelInfer"


class OpenInferenceRpcService(RpcService):
    """As its REST twin, and a router or combiner is asked by inference alone; raw contents keep every datatype."""

    hears_feedback = False

    def __init__(self, unit: ServedUnit, timeout: float) -> None:
        super().__init__(unit, timeout)
        self._children = unit.children

    @override
    def label(self, step: Step) -> str:
        return _INFER

    @override
    async def transform(self, step: Step, message: Message) -> Message:
        return Message(Payload(await self._infer(inference_of(message.payload, INPUT)), "inference"), Meta())

    @override
    async def route(self, message: Message) -> int:
        branch = branch_in(await self._infer(inference_of(message.payload, INPUT)))
        if branch is None:
            raise RemoteError(self._unit, "the first value of its first output must be the number of a child")
        return branch

    @override
    async def aggregate(self, messages: Sequence[Message]) -> Message:
        answers = [inference_of(message.payload, INPUT) for message in messages]
        return Message(Payload(await self._infer(together(self._children, answers)), "inference"), Meta())

    async def _infer(self, asked: Inference) -> Inference:
        answer = await self._call(_INFER, request_of(self._unit, asked), pb.ModelInferResponse.FromString)
        try:
            return inference_of_response(answer)
        except BadDataError as error:
            raise RemoteError(self._unit, f"the answer of {self._target} is no inference: {error.message}") from error

    @override
    async def metadata(self) -> dict[str, Any]:
        request = pb.ModelMetadataRequest(name=self._unit)
        answer = await self._call(f"/{OPEN_INFERENCE}/ModelMetadata", request, pb.ModelMetadataResponse.FromString)
        return dict(MessageToDict(answer))

    @override
    async def status(self) -> dict[str, Any]:
        request = pb.ModelReadyRequest(name=self._unit)
        answer = await self._call(f"/{OPEN_INFERENCE}/ModelReady", request, pb.ModelReadyResponse.FromString)
        if not answer.ready:
            raise RemoteError(self._unit, "its model is not ready", 503, "NOT_READY")
        return {"meta": {}, "strData": "healthy"}
