"""The Open Inference Protocol's gRPC service, for a whole graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdep.runtime.errors import ServingError
from sdep.runtime.openinference.tensor import Wanted
from sdep.runtime.rpc import open_inference_pb2 as pb
from sdep.runtime.rpc.methods import Method, service
from sdep.runtime.rpc.open_inference_convert import inference_of_request, response_of

if TYPE_CHECKING:
    import grpc

    from sdep.runtime.metrics import Metrics
    from sdep.runtime.openinference.api import OpenInferenceApi
    from sdep.runtime.seldon.api import SeldonApi

OPEN_INFERENCE = "inference.GRPCInferenceService"


def open_inference_services(
    inference: OpenInferenceApi, api: SeldonApi, metrics: Metrics
) -> dict[str, grpc.GenericRpcHandler]:
    async def server_live(_: pb.ServerLiveRequest, __: str) -> pb.ServerLiveResponse:
        return pb.ServerLiveResponse(live=True)

    async def server_ready(_: pb.ServerReadyRequest, __: str) -> pb.ServerReadyResponse:
        return pb.ServerReadyResponse(ready=api.predictor is not None)

    async def model_ready(request: pb.ModelReadyRequest, _: str) -> pb.ModelReadyResponse:
        inference.known(request.name, request.version)
        return pb.ModelReadyResponse(ready=api.predictor is not None)

    async def server_metadata(_: pb.ServerMetadataRequest, __: str) -> pb.ServerMetadataResponse:
        return pb.ServerMetadataResponse(**inference.server())

    async def model_metadata(request: pb.ModelMetadataRequest, _: str) -> pb.ModelMetadataResponse:
        told = await inference.metadata(inference.known(request.name, request.version))
        try:
            return pb.ModelMetadataResponse(**told)
        except (TypeError, ValueError) as error:
            raise ServingError(f"the metadata of '{request.name}' does not fit the protocol: {error}") from error

    async def model_infer(request: pb.ModelInferRequest, puid: str) -> pb.ModelInferResponse:
        known = inference.known(request.model_name, request.model_version)
        wanted = Wanted([each.name for each in request.outputs])
        answer = await inference.infer(inference_of_request(request), wanted, puid)
        return response_of(known.name, inference.version(), answer, raw=bool(request.raw_input_contents))

    methods = {
        "ServerLive": Method(pb.ServerLiveRequest, server_live),
        "ServerReady": Method(pb.ServerReadyRequest, server_ready),
        "ModelReady": Method(pb.ModelReadyRequest, model_ready),
        "ServerMetadata": Method(pb.ServerMetadataRequest, server_metadata),
        "ModelMetadata": Method(pb.ModelMetadataRequest, model_metadata),
        "ModelInfer": Method(pb.ModelInferRequest, model_infer),
    }
    return {OPEN_INFERENCE: service(OPEN_INFERENCE, methods, metrics)}
