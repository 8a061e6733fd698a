"""What every port answers, whatever is served there: probes and metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdep.contract import LIVE_PATH, METRICS_PATH, READY_PATH
from sdep.runtime.errors import NotReadyError
from sdep.runtime.http.response import Response
from sdep.runtime.http.routes import ANY, GET, Route
from sdep.runtime.metrics import CONTENT_TYPE

if TYPE_CHECKING:
    from sdep.runtime.http.request import Request
    from sdep.runtime.lifecycle import Lifecycle
    from sdep.runtime.metrics import Metrics
    from sdep.runtime.remote.reach import Reach

_TEXT = b"text/plain; charset=utf-8"


class Probes:
    """`reach` is None where no container takes part."""

    def __init__(self, lifecycle: Lifecycle, metrics: Metrics, reach: Reach | None = None) -> None:
        self._lifecycle = lifecycle
        self._metrics = metrics
        self._reach = reach

    def routes(self) -> dict[str, Route]:
        return {
            READY_PATH: Route(ANY, self.ready),
            LIVE_PATH: Route(ANY, self._live),
            METRICS_PATH: Route(ANY, self.metrics),
            "/health/ping": Route(GET, self._ping),
        }

    async def ready(self, _: Request) -> Response:
        if not self._lifecycle.ready:
            raise NotReadyError("draining" if self._lifecycle.draining else "the models are still being loaded")
        missing = await self._reach.missing() if self._reach is not None else ()
        if missing:
            raise NotReadyError("; ".join(missing))
        return Response()

    async def metrics(self, _: Request) -> Response:
        return Response((await self._metrics.collected()).exposition.encode(), content_type=CONTENT_TYPE.encode())

    async def _live(self, _: Request) -> Response:
        return Response()

    async def _ping(self, _: Request) -> Response:
        return Response(b"pong", content_type=_TEXT)
