"""A method of a gRPC service as a plain function: errors, headers and measuring are here, once."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import grpc
from google.protobuf.message import Message as Proto

from sdep.runtime.errors import NotReadyError, ServingError
from sdep.runtime.graph.call import CALL, Call
from sdep.runtime.log import event
from sdep.runtime.request_id import new_id
from sdep.runtime.rpc.codes import CANCELLED, OK, OVERDUE, grpc_name
from sdep.runtime.seldon.puid import header_value

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from sdep.runtime.metrics import Metrics

    Answer = Callable[[Any, str], Awaitable[Proto]]
    """From the request and its id (metadata `seldon-puid`, or made here) to the answer; `ServingError` ends the call."""

PUID = "seldon-puid"
FAILED = 500
"""The first code that is no fault of the client's."""
WAITED = 0.9
"""Who leaves when this part of the deadline is over waited in vain. A client's own clock ends first: it began before the
request came here, and `grpc-timeout` is rounded up (by a hundredth, in gRPC's own clients)."""


class Method(NamedTuple):
    asked: type[Proto]
    answer: Answer


def service(name: str, methods: Mapping[str, Method], metrics: Metrics | None = None) -> grpc.GenericRpcHandler:
    """`metrics` measures each call, as that of a client of the whole graph."""
    handlers = {
        method: grpc.unary_unary_rpc_method_handler(
            _handler(f"/{name}/{method}", found.answer, metrics),
            request_deserializer=found.asked.FromString,
            response_serializer=_serialized,
        )
        for method, found in methods.items()
    }
    return grpc.method_handlers_generic_handler(name, handlers)


def _serialized(message: Proto) -> bytes:
    return message.SerializeToString()


def _handler(path: str, answer: Answer, metrics: Metrics | None) -> Callable[..., Awaitable[Proto]]:
    async def handle(request: Proto, context: grpc.aio.ServicerContext[Any, Any]) -> Proto:
        begin = time.perf_counter()
        metadata = context.invocation_metadata()
        headers = {key: value for key, value in metadata if isinstance(value, str)} if metadata is not None else {}
        puid = headers.setdefault(PUID, "") or _own(request) or headers.get("x-request-id") or new_id()
        left: Any = context.time_remaining()  # None without a deadline, whatever the types say
        CALL.set(Call({**headers, PUID: puid}, None if left is None else time.monotonic() + left))
        code, error = OK, None
        try:
            await context.send_initial_metadata(((PUID, puid),))
            return await answer(request, headers[PUID])
        except ServingError as failed:
            code, error = failed.code, failed
            if code >= FAILED and not isinstance(failed, NotReadyError):
                event("request failed", level="error", path=path, puid=puid, detail=failed.message)
        except asyncio.CancelledError:
            code = OVERDUE if left is not None and time.perf_counter() - begin >= WAITED * left else CANCELLED
            raise
        except Exception as failed:  # noqa: BLE001 - the client gets a sentence and the log the trace
            event("request failed", level="error", path=path, puid=puid, error=failed)
            code, error = 500, ServingError("the server failed; its log says why")
        finally:
            if metrics is not None:
                copied_id = (headers.get("x-request-id") or headers[PUID]).encode()
                metrics.served(path, "unary", code, time.perf_counter() - begin, copied_id)
        await context.abort(_status(error), error.message)
        raise AssertionError("abort raises")

    return handle


def _own(request: Any) -> str:  # noqa: ANN401 - any message
    """The id that a message, or the answer that a feedback speaks of, has in its `meta`."""
    meta = getattr(getattr(request, "response", request), "meta", None)
    return header_value(getattr(meta, "puid", ""))


def _status(error: ServingError) -> grpc.StatusCode:
    """A container's own status where it gave one over gRPC."""
    name = getattr(error, "grpc_code", "") or grpc_name(error.code)
    return grpc.StatusCode[name]
