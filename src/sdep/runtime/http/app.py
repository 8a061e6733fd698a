"""The ASGI application: finds the route, answers, measures. No framework: each layer would cost every request."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from sdep.runtime.errors import ServingError
from sdep.runtime.http.headers import Headers
from sdep.runtime.http.request import DisconnectedError, Request
from sdep.runtime.http.response import Response, failure
from sdep.runtime.log import event

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sdep.runtime.http.request import Receive
    from sdep.runtime.http.routes import Route, Routes
    from sdep.runtime.lifecycle import Lifecycle
    from sdep.runtime.metrics import Metrics
    from sdep.runtime.settings import Settings

    Send = Callable[[dict[str, Any]], Awaitable[None]]


class App:
    """One port: what is answered there is in `routes`."""

    def __init__(self, settings: Settings, routes: Routes, lifecycle: Lifecycle, metrics: Metrics) -> None:
        self._max_body = settings.max_body_bytes
        self._lifecycle = lifecycle
        self._metrics = metrics
        self._headers = Headers(settings)
        self._routes = routes

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        begin = time.perf_counter()
        request = Request(scope, receive, self._max_body)
        route: Route | None = None
        try:
            route, request.tail = self._routes.find(scope["path"])
            response = await self._answer(route, request, scope)
        except DisconnectedError:
            return
        except ServingError as error:
            response = failure(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets a sentence and the log the trace
            event("request failed", level="error", path=scope["path"], error=error)
            response = failure(ServingError("the server failed; its log says why"))
        await self._send(send, request, response, scope, route)
        if route is not None and route.service and scope["method"] != "OPTIONS":
            seconds = time.perf_counter() - begin
            self._metrics.served(route.service, scope["method"].lower(), response.code, seconds)

    async def _answer(self, route: Route, request: Request, scope: dict[str, Any]) -> Response:
        route.check(scope["method"], scope["path"])
        if scope["method"] == "OPTIONS" and route.methods:
            return Response()
        return await route.handler(request)

    async def _send(
        self, send: Send, request: Request, response: Response, scope: dict[str, Any], route: Route | None
    ) -> None:
        headers = self._headers.of(response, route.methods if route else ())
        headers.append((b"seldon-puid", (request.puid or str(uuid.uuid4())).encode("latin-1", "replace")))
        if request.cloud_event:
            headers.extend(self._headers.cloud_event(headers[-1][1], scope["path"]))
        if self._lifecycle.draining or response.code == 413:  # noqa: PLR2004 - an unread body blocks the connection
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": response.code, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})
