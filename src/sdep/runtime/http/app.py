"""The ASGI application: finds the route, answers, measures. No framework: each layer would cost every request."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from sdep.runtime.errors import NotReadyError, ServingError
from sdep.runtime.http.headers import Headers
from sdep.runtime.http.request import DisconnectedError, Request
from sdep.runtime.http.response import Response, failure
from sdep.runtime.http.routes import Handlers, Routes
from sdep.runtime.log import event
from sdep.runtime.metrics import CONTENT_TYPE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sdep.runtime.http.request import Receive
    from sdep.runtime.http.routes import Route
    from sdep.runtime.lifecycle import Lifecycle
    from sdep.runtime.metrics import Metrics
    from sdep.runtime.seldon.api import SeldonApi
    from sdep.runtime.settings import Settings

    Send = Callable[[dict[str, Any]], Awaitable[None]]

_TEXT = b"text/plain; charset=utf-8"


class App:
    def __init__(self, settings: Settings, api: SeldonApi, lifecycle: Lifecycle, metrics: Metrics) -> None:
        self._max_body = settings.max_body_bytes
        self._api = api
        self._lifecycle = lifecycle
        self._metrics = metrics
        self._headers = Headers(settings)
        self._routes = Routes(self._handlers())

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

    def _handlers(self) -> Handlers:
        return Handlers(
            predict=self._predict,
            feedback=self._feedback,
            graph_metadata=self._graph_metadata,
            unit_metadata=self._unit_metadata,
            status=self._status,
            unit_status=self._unit_status,
            live=self._live,
            ping=self._ping,
            metrics=self._exposition,
        )

    async def _predict(self, request: Request) -> Response:
        body, puid = await self._api.predict(await request.json(), request.puid)
        request.puid = request.puid or puid
        return Response(body)

    async def _feedback(self, request: Request) -> Response:
        body, puid = self._api.feedback(await request.json(), request.puid)
        request.puid = request.puid or puid
        return Response(body)

    async def _graph_metadata(self, _: Request) -> Response:
        return Response(self._api.graph_metadata())

    async def _unit_metadata(self, request: Request) -> Response:
        return Response(self._api.unit_metadata(request.unit()))

    async def _unit_status(self, request: Request) -> Response:
        return Response(self._api.unit_status(request.unit()))

    async def _status(self, _: Request) -> Response:
        if not self._lifecycle.ready:
            raise NotReadyError("draining" if self._lifecycle.draining else "the models are still being loaded")
        return Response()

    async def _live(self, _: Request) -> Response:
        return Response()

    async def _ping(self, _: Request) -> Response:
        return Response(b"pong", content_type=_TEXT)

    async def _exposition(self, _: Request) -> Response:
        return Response(self._metrics.exposition(), content_type=CONTENT_TYPE.encode())
