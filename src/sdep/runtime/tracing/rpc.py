"""gRPC methods with a span for each call; health and reflection have none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
from typing_extensions import override

from sdep.runtime.graph.call import CALL
from sdep.runtime.tracing.tracing import answered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sdep.runtime.tracing.tracing import Tracing


class TracedMethods(grpc.aio.ServerInterceptor):
    def __init__(self, tracing: Tracing) -> None:
        self._tracing = tracing

    @override
    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        handler = await continuation(handler_call_details)
        method = str(handler_call_details.method)
        if handler is None or handler.unary_unary is None or method.startswith("/grpc."):
            return handler
        headers = {key: value for key, value in handler_call_details.invocation_metadata if isinstance(value, str)}

        async def answer(request: Any, context: Any) -> Any:  # noqa: ANN401 - any message
            with self._tracing.request(method.removeprefix("/"), headers, {"rpc.system": "grpc"}):
                try:
                    return await handler.unary_unary(request, context)
                finally:
                    answered({"seldon.puid": CALL.get().headers.get("seldon-puid", "")})

        return grpc.unary_unary_rpc_method_handler(answer, handler.request_deserializer, handler.response_serializer)
