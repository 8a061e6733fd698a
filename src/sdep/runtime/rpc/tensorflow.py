"""TensorFlow Serving's gRPC services, for a whole graph, as `http/tensorflow_routes.py` has them over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.wrappers_pb2 import Int64Value

from sdep.runtime.errors import BadDataError, NotReadyError
from sdep.runtime.message import Message, Meta, Payload
from sdep.runtime.openinference.answer import chosen
from sdep.runtime.openinference.datatypes import BYTES, DTYPES
from sdep.runtime.openinference.tensor import Inference
from sdep.runtime.rpc import seldon_pb2
from sdep.runtime.rpc import tensorflow_pb2 as pb
from sdep.runtime.rpc.methods import Method, service
from sdep.runtime.rpc.tensorflow_convert import inference_of_tensors, named_tensors, tensors_of
from sdep.runtime.rpc.tftensor import NUMBERS, STRING
from sdep.runtime.tensorflow.predict import OUTPUT

if TYPE_CHECKING:
    from collections.abc import Sequence

    import grpc

    from sdep.runtime.metrics import Metrics
    from sdep.runtime.openinference.api import OpenInferenceApi
    from sdep.runtime.openinference.names import Known
    from sdep.runtime.seldon.api import SeldonApi

PREDICTION, MODEL = "tensorflow.serving.PredictionService", "tensorflow.serving.ModelService"
SIGNATURE, METHOD = "serving_default", "tensorflow/serving/predict"
_SIGNATURES = "signature_def"
_SIGNATURES_TYPE = "type.googleapis.com/tensorflow.serving.SignatureDefMap"


def tensorflow_services(
    inference: OpenInferenceApi, api: SeldonApi, metrics: Metrics
) -> dict[str, grpc.GenericRpcHandler]:
    async def predict(request: pb.PredictRequest, puid: str) -> pb.PredictResponse:
        known = _known(inference, request.model_spec)
        asked = inference_of_tensors("inputs", request.inputs)
        payload = Payload(asked, "inference") if api.has_containers else asked.payload()
        answer = await api.answer(Message(payload, Meta(puid)))
        name = inference.output_name(OUTPUT)
        found = Inference(named_tensors(answer.payload, name))
        own_name = found.tensors[0].name == name == OUTPUT
        wanted = chosen(found, request.output_filter, own_name=own_name)
        return pb.PredictResponse(outputs=tensors_of(wanted), model_spec=_spec(known, SIGNATURE))

    async def metadata(request: pb.GetModelMetadataRequest, _: str) -> pb.GetModelMetadataResponse:
        known = _known(inference, request.model_spec)
        if set(request.metadata_field) != {_SIGNATURES}:
            raise BadDataError(f"metadata_field must be {_SIGNATURES}: there is no other")
        told = await inference.metadata(known)
        signature = pb.SignatureDef(
            inputs=_infos(told["inputs"], ""), outputs=_infos(told["outputs"], OUTPUT), method_name=METHOD
        )
        signatures = pb.SignatureDefMap(signature_def={SIGNATURE: signature})
        packed = Packed(type_url=_SIGNATURES_TYPE, value=signatures.SerializeToString())
        return pb.GetModelMetadataResponse(model_spec=_spec(known), metadata={_SIGNATURES: packed})

    async def status(request: pb.GetModelStatusRequest, _: str) -> pb.GetModelStatusResponse:
        known = _known(inference, request.model_spec)
        if api.predictor is None:
            raise NotReadyError("the models are still being loaded")
        said = pb.ModelVersionStatus(version=_number(known) or 1, state=pb.ModelVersionStatus.AVAILABLE)
        said.status.SetInParent()  # all is well: the code 0
        return pb.GetModelStatusResponse(model_version_status=[said])

    prediction = {
        "Predict": Method(pb.PredictRequest, predict),
        "GetModelMetadata": Method(pb.GetModelMetadataRequest, metadata),
    }
    model = {"GetModelStatus": Method(pb.GetModelStatusRequest, status)}
    return {PREDICTION: service(PREDICTION, prediction, metrics), MODEL: service(MODEL, model, metrics)}


def _known(inference: OpenInferenceApi, spec: pb.ModelSpec) -> Known:
    version = str(spec.version.value) if spec.HasField("version") else spec.version_label
    return inference.known(spec.name, version)


def _spec(known: Known, signature: str = "") -> pb.ModelSpec:
    number = _number(known)
    version = None if number is None else Int64Value(value=number)
    return pb.ModelSpec(name=known.name, version=version, signature_name=signature)


def _number(known: Known) -> int | None:
    """The protocol's versions are numbers; a registry's are, and the words of a manifest are not."""
    return next((int(version) for version in known.versions if version.isdecimal()), None)


def _infos(told: Sequence[dict[str, Any]], nameless: str) -> dict[str, pb.TensorInfo]:
    return {each.get("name") or nameless: _info(each) for each in told}


def _info(told: dict[str, Any]) -> pb.TensorInfo:
    datatype, sizes = str(told.get("datatype", "")), told.get("shape") or ()
    number = STRING if datatype == BYTES else NUMBERS.get(DTYPES[datatype], 0) if datatype in DTYPES else 0
    shape = seldon_pb2.TensorFlowTensor.Shape
    dims = [shape.Dim(size=int(size)) for size in sizes]
    return pb.TensorInfo(name=told.get("name") or "", dtype=number, tensor_shape=shape(dim=dims))
