"""A unit's container over the Open Inference Protocol's gRPC service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.json_format import MessageToDict
from typing_extensions import override

from sdep.runtime.errors import BadDataError, RemoteError
from sdep.runtime.message import Message, Meta, Payload
from sdep.runtime.openinference.answer import inference_of
from sdep.runtime.remote.inference_only import InferenceOnly
from sdep.runtime.remote.open_inference import INPUT
from sdep.runtime.remote.rpc import RpcService
from sdep.runtime.rpc import open_inference_pb2 as pb
from sdep.runtime.rpc.open_inference import OPEN_INFERENCE
from sdep.runtime.rpc.open_inference_convert import inference_of_response, request_of

if TYPE_CHECKING:
    from sdep.runtime.graph.remote import Step

_INFER = f"/{OPEN_INFERENCE}/ModelInfer"


class OpenInferenceRpcService(InferenceOnly, RpcService):
    """As its REST twin; raw contents keep every datatype."""

    protocol = "the Open Inference Protocol"

    @override
    def label(self, step: Step) -> str:
        return _INFER

    @override
    async def transform(self, step: Step, message: Message) -> Message:
        request = request_of(self._unit, inference_of(message.payload, INPUT))
        answer = await self._call(_INFER, request, pb.ModelInferResponse.FromString)
        try:
            return Message(Payload(inference_of_response(answer), "inference"), Meta())
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
