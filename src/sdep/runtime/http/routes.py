"""Which path does what, and what browsers are told of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from sdep.contract import LIVE_PATH, METRICS_PATH, PREDICTIONS_PATH, READY_PATH
from sdep.runtime.errors import MethodNotAllowedError, NotFoundError
from sdep.runtime.http.request import Request
from sdep.runtime.http.response import Response

Handler = Callable[[Request], Awaitable[Response]]

POST = ("OPTIONS", "POST")
GET = ("GET", "OPTIONS")
ANY: tuple[str, ...] = ()


class Route(NamedTuple):
    """`methods` empty allows all; `service` is the metric label, and "" is not measured."""

    methods: tuple[str, ...]
    handler: Handler
    service: str = ""

    def check(self, method: str, path: str) -> None:
        if self.methods and method not in self.methods:
            raise MethodNotAllowedError(f"{path} takes {' and '.join(self.methods)}, not {method}")


class Handlers(NamedTuple):
    predict: Handler
    feedback: Handler
    graph_metadata: Handler
    unit_metadata: Handler
    status: Handler
    unit_status: Handler
    live: Handler
    ping: Handler
    metrics: Handler


class Routes:
    """Exact paths, and paths that end in the name of a unit."""

    def __init__(self, handlers: Handlers) -> None:
        self._exact = _exact(handlers)
        self._of_unit = {
            f"/api/{version}/{noun}": Route(GET, handler, noun)
            for version in ("v1.0", "v0.1")
            for noun, handler in (("metadata", handlers.unit_metadata), ("status", handlers.unit_status))
        }

    def find(self, path: str) -> tuple[Route, str]:
        """Find the route and, where its path ends in one, the unit's name as it was written."""
        route = self._exact.get(path)
        if route is not None:
            return route, ""
        head, _, tail = path.rpartition("/")
        if not tail or head not in self._of_unit:
            raise NotFoundError(f"nothing is served at {path}")
        return self._of_unit[head], tail


def _exact(handlers: Handlers) -> dict[str, Route]:
    return {
        PREDICTIONS_PATH: Route(POST, handlers.predict, "predictions"),
        "/api/v0.1/predictions": Route(POST, handlers.predict, "predictions"),
        "/api/v1.0/feedback": Route(POST, handlers.feedback, "feedback"),
        "/api/v0.1/feedback": Route(POST, handlers.feedback, "feedback"),
        "/api/v1.0/metadata": Route(GET, handlers.graph_metadata, "metadata"),
        "/api/v1.0/status": Route(GET, handlers.status, "status"),
        "/api/v1.0/health/status": Route(GET, handlers.status, "status"),
        READY_PATH: Route(ANY, handlers.status),
        LIVE_PATH: Route(ANY, handlers.live),
        METRICS_PATH: Route(ANY, handlers.metrics),
        "/health/ping": Route(GET, handlers.ping),
    }
