"""A port whose requests are traced; probes and scrapes are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from sdep.contract import LIVE_PATH, METRICS_PATH, READY_PATH
from sdep.runtime.http.app import FAILED, App
from sdep.runtime.tracing.tracing import answered

if TYPE_CHECKING:
    from sdep.runtime.http.request import Request
    from sdep.runtime.http.response import Reply, Response
    from sdep.runtime.http.routes import Route, Routes
    from sdep.runtime.lifecycle import Lifecycle
    from sdep.runtime.metrics import Metrics
    from sdep.runtime.settings import Settings
    from sdep.runtime.tracing.tracing import Tracing

_QUIET = frozenset({READY_PATH, LIVE_PATH, METRICS_PATH, "/health/ping"})


class TracedApp(App):
    def __init__(
        self, settings: Settings, routes: Routes, lifecycle: Lifecycle, metrics: Metrics, tracing: Tracing
    ) -> None:
        super().__init__(settings, routes, lifecycle, metrics)
        self._tracing = tracing

    @override
    async def __call__(self, request: Request) -> Reply:
        if request.path in _QUIET:
            return await super().__call__(request)
        asked = {"http.request.method": request.method, "url.path": request.path}
        with self._tracing.request(request.method, request.headers(), asked):
            return await super().__call__(request)

    @override
    def _reply(self, request: Request, response: Response, route: Route | None) -> Reply:
        said = {"http.response.status_code": response.code, "seldon.puid": request.id}
        path = "" if route is None else request.path.removesuffix(request.tail) + ("{unit}" if request.tail else "")
        answered(said, f"{request.method} {path}".rstrip(), bad=response.code >= FAILED)
        return super()._reply(request, response, route)
