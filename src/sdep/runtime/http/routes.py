"""Which path does what, and what browsers are told of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from sdep.runtime.errors import MethodNotAllowedError, NotFoundError
from sdep.runtime.http.request import Request
from sdep.runtime.http.response import Response

Handler = Callable[[Request], Awaitable[Response]]

POST = ("OPTIONS", "POST")
GET = ("GET", "OPTIONS")
GET_OR_POST = ("GET", "OPTIONS", "POST")
ANY: tuple[str, ...] = ()


class Route(NamedTuple):
    """`methods` empty allows all; `service` is the metric label, and "" is not measured."""

    methods: tuple[str, ...]
    handler: Handler
    service: str = ""

    def check(self, method: str, path: str) -> None:
        """HEAD asks for what GET would answer, and its body is left out where it is written."""
        if self.methods and method not in self.methods and not (method == "HEAD" and "GET" in self.methods):
            raise MethodNotAllowedError(f"{path} takes {' and '.join(self.methods)}, not {method}")


class Routes:
    """Exact paths, and paths (`of_unit` has their heads) that end in the name of a unit."""

    def __init__(self, exact: Mapping[str, Route], of_unit: Mapping[str, Route] | None = None) -> None:
        self.exact = exact
        self.of_unit = of_unit or {}

    def find(self, path: str) -> tuple[Route, str]:
        """Find the route and, where its path ends in one, the unit's name as it was written."""
        route = self.exact.get(path)
        if route is not None:
            return route, ""
        head, _, tail = path.rpartition("/")
        if not tail or head not in self.of_unit:
            raise NotFoundError(f"nothing is served at {path}")
        return self.of_unit[head], tail
