"""The gRPC server beside the HTTP one: same process, same graph, same event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
from google.protobuf import descriptor_pool
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from sdep.runtime.http.ports import is_alone
from sdep.runtime.openinference.api import OpenInferenceApi
from sdep.runtime.rpc.open_inference import open_inference_services
from sdep.runtime.rpc.services import graph_services, unit_services
from sdep.runtime.rpc.tensorflow import tensorflow_services
from sdep.runtime.seldon.unit_api import UnitApi

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdep.runtime.certificates import Certificates
    from sdep.runtime.metrics import Metrics
    from sdep.runtime.seldon.api import SeldonApi
    from sdep.runtime.settings import Settings
    from sdep.runtime.tracing.tracing import Tracing


class RpcServer:
    """`port` is where it listens. Made on the event loop that runs it."""

    def __init__(
        self,
        settings: Settings,
        services: Mapping[str, grpc.GenericRpcHandler],
        certificates: Certificates | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        limits = [
            ("grpc.max_receive_message_length", settings.max_body_bytes),
            ("grpc.max_send_message_length", -1),
            # Of several workers each listens; alone, a port that is taken is an error, not half of the requests.
            ("grpc.so_reuseport", int(settings.workers > 1)),
        ]
        self._server = grpc.aio.server(options=limits, interceptors=_interceptors(tracing))
        self._health = health.aio.HealthServicer()
        self._names = tuple(services)
        self._server.add_generic_rpc_handlers(tuple(services.values()))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        described = (*filter(_is_described, self._names), health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(described, self._server)
        self.port = self._bind(f"0.0.0.0:{settings.grpc_port}", certificates)

    def _bind(self, address: str, certificates: Certificates | None) -> int:
        if certificates is None:
            return self._server.add_insecure_port(address)
        return self._server.add_secure_port(address, _credentials(certificates))

    async def start(self) -> None:
        await self._server.start()
        for name in ("", *self._names):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def not_serving(self) -> None:
        """Told to drain: clients that watch our health go elsewhere, and all others are still answered."""
        await self._health.enter_graceful_shutdown()

    async def stop(self, seconds: float) -> None:
        """Refuse what is new, and give what runs `seconds` to end."""
        await self._server.stop(seconds)


def _is_described(service: str) -> bool:
    """TensorFlow's services are not: descriptors of their names belong to TensorFlow, where a model brings it."""
    try:
        descriptor_pool.Default().FindServiceByName(service)
    except KeyError:
        return False
    return True


def rpc_server(
    settings: Settings,
    api: SeldonApi,
    metrics: Metrics,
    certificates: Certificates | None = None,
    tracing: Tracing | None = None,
) -> RpcServer:
    """The graph's services; where it is one unit of this process, those of its microservice too."""
    inference = OpenInferenceApi(settings.predictor, api)
    services = graph_services(api, metrics)
    services |= open_inference_services(inference, api, metrics) | tensorflow_services(inference, api, metrics)
    graph = settings.predictor.graph
    if is_alone(graph):
        services |= unit_services(UnitApi(graph, api, metrics))
    return RpcServer(settings, services, certificates, tracing)


def _interceptors(tracing: Tracing | None) -> list[grpc.aio.ServerInterceptor]:
    if tracing is None:
        return []
    from sdep.runtime.tracing.rpc import TracedMethods  # noqa: PLC0415

    return [TracedMethods(tracing)]


def _credentials(certificates: Certificates) -> grpc.ServerCredentials:
    """Asked for anew at each handshake: a pair that cannot be read leaves the last one in use."""
    last: list[grpc.ServerCertificateConfiguration] = []

    def configuration() -> grpc.ServerCertificateConfiguration:
        pair = certificates.pair()
        if pair is not None:
            last[:] = [grpc.ssl_server_certificate_configuration([pair])]
        return last[0]

    return grpc.dynamic_ssl_server_credentials(configuration(), configuration, require_client_authentication=False)
