"""A unit's container over TensorFlow Serving's gRPC services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from google.protobuf.json_format import MessageToDict
from typing_extensions import override

from sdep.runtime.errors import BadDataError, RemoteError
from sdep.runtime.message import Message, Meta, Payload
from sdep.runtime.openinference.tensor import Inference
from sdep.runtime.remote.inference_only import InferenceOnly
from sdep.runtime.remote.rpc import RpcService
from sdep.runtime.rpc import tensorflow_pb2 as pb
from sdep.runtime.rpc.tensorflow import MODEL, PREDICTION
from sdep.runtime.rpc.tensorflow_convert import inference_of_tensors, named_tensors, tensors_of

if TYPE_CHECKING:
    from sdep.runtime.graph.remote import Step

_PREDICT = f"/{PREDICTION}/Predict"
INPUT = "inputs"
"""What an array is called that came without a name."""


class TensorflowRpcService(InferenceOnly, RpcService):
    """What one container predicts is what the next one is asked, each under its own name."""

    @override
    def label(self, step: Step) -> str:
        return _PREDICT

    @override
    async def transform(self, step: Step, message: Message) -> Message:
        inputs = tensors_of(Inference(named_tensors(message.payload, INPUT)))
        request = pb.PredictRequest(model_spec=self._spec(), inputs=inputs)
        answer = await self._call(_PREDICT, request, pb.PredictResponse.FromString)
        try:
            return Message(Payload(inference_of_tensors("outputs", answer.outputs), "inference"), Meta())
        except BadDataError as error:
            raise RemoteError(self._unit, f"the answer of {self._target} is no prediction: {error.message}") from error

    @override
    async def metadata(self) -> dict[str, Any]:
        """As the Seldon protocol has it: TensorFlow's own words are no list of tensors."""
        answer = await self._call(
            f"/{PREDICTION}/GetModelMetadata",
            pb.GetModelMetadataRequest(model_spec=self._spec(), metadata_field=["signature_def"]),
            pb.GetModelMetadataResponse.FromString,
        )
        version = str(answer.model_spec.version.value) if answer.model_spec.HasField("version") else ""
        return {"name": self._unit, "platform": "tensorflow", "versions": [version]}

    @override
    async def status(self) -> dict[str, Any]:
        request = pb.GetModelStatusRequest(model_spec=self._spec())
        answer = await self._call(f"/{MODEL}/GetModelStatus", request, pb.GetModelStatusResponse.FromString)
        return {"meta": {}, "strData": orjson.dumps(MessageToDict(answer, preserving_proto_field_name=True)).decode()}

    def _spec(self) -> pb.ModelSpec:
        return pb.ModelSpec(name=self._unit)
