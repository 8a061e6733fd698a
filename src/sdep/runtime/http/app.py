"""The application of one port: finds the route, answers, measures. No framework: each layer would cost every request."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sdep.runtime.errors import NotReadyError, ServingError
from sdep.runtime.http.coding import SMALLEST, compressed
from sdep.runtime.http.headers import Headers, lines, text
from sdep.runtime.http.response import Reply, Response, failure
from sdep.runtime.log import event
from sdep.runtime.request_id import new_id

if TYPE_CHECKING:
    from sdep.runtime.http.request import Request
    from sdep.runtime.http.routes import Route, Routes
    from sdep.runtime.lifecycle import Lifecycle
    from sdep.runtime.metrics import Metrics
    from sdep.runtime.settings import Settings

FAILED = 500
"""The first code that is no fault of the client's."""


class App:
    """What is answered at the port is in `routes`; bodies are read up to `max_body` bytes."""

    def __init__(self, settings: Settings, routes: Routes, lifecycle: Lifecycle, metrics: Metrics) -> None:
        self.max_body = settings.max_body_bytes
        self._lifecycle = lifecycle
        self._metrics = metrics
        self._headers = Headers(settings)
        self._routes = routes

    async def __call__(self, request: Request) -> Reply:
        """Never raises."""
        begin = time.perf_counter()
        route: Route | None = None
        try:
            route, request.tail = self._routes.find(request.path)
            response = await self._answer(route, request)
        except ServingError as error:
            response = (route.failure if route else failure)(error)
            if error.code >= FAILED and not isinstance(error, NotReadyError):
                event("request failed", level="error", path=request.path, puid=request.id, detail=error.message)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets a sentence and the log the trace
            event("request failed", level="error", path=request.path, puid=request.id, error=error)
            response = (route.failure if route else failure)(ServingError("the server failed; its log says why"))
        if route is not None and route.service and request.method != "OPTIONS":
            seconds = time.perf_counter() - begin
            self._metrics.served(route.service, request.method.lower(), response.code, seconds, request.copied_id)
        if len(response.body) >= SMALLEST:
            response = await compressed(response, request.fields.get(b"accept-encoding", b""))
        return self._reply(request, response, route)

    async def _answer(self, route: Route, request: Request) -> Response:
        route.check(request.method, request.path)
        if request.method == "OPTIONS" and route.methods:
            return Response()
        if b"content-encoding" in request.fields:
            await request.decode(self.max_body)
        return await route.handler(request)

    def refuse(self, error: ServingError) -> Reply:
        """Answer to what is no request that could be read; the last on its connection."""
        response = failure(error)
        return Reply(
            self._headers.of(response, ()) + lines({b"seldon-puid": new_id().encode()}), response.body, close=True
        )

    def _reply(self, request: Request, response: Response, route: Route | None) -> Reply:
        puid = text(request.id)
        head = self._headers.of(response, route.methods if route else ())
        head = b"%bseldon-puid: %b\r\n" % (head, puid)
        if request.cloud_event:
            head += self._headers.cloud_event(puid, request.path)
        return Reply(head, response.body, close=self._lifecycle.draining or not request.is_whole)
