"""Which path does what, and what browsers are told of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from sdep.runtime.errors import MethodNotAllowedError, NotFoundError, ServingError
from sdep.runtime.http.request import Request
from sdep.runtime.http.response import Response, failure

Handler = Callable[[Request], Awaitable[Response]]
Failure = Callable[[ServingError], Response]

POST = ("OPTIONS", "POST")
GET = ("GET", "OPTIONS")
GET_OR_POST = ("GET", "OPTIONS", "POST")
ANY: tuple[str, ...] = ()


class Route(NamedTuple):
    """`methods` empty allows all; `service` is the metric label, and "" is not measured."""

    methods: tuple[str, ...]
    handler: Handler
    service: str = ""
    failure: Failure = failure
    """How the protocol of this path writes an error."""

    def check(self, method: str, path: str) -> None:
        """HEAD asks for what GET would answer, and its body is left out where it is written."""
        if self.methods and method not in self.methods and not (method == "HEAD" and "GET" in self.methods):
            raise MethodNotAllowedError(f"{path} takes {' and '.join(self.methods)}, not {method}")


class Routes:
    """Exact paths, paths (`of_unit` has their heads) that end in the name of a unit, and what is said `below` a path else."""

    def __init__(
        self,
        exact: Mapping[str, Route],
        of_unit: Mapping[str, Route] | None = None,
        below: Mapping[str, Route] | None = None,
    ) -> None:
        self.exact = exact
        self.of_unit = of_unit or {}
        self.below = below or {}

    def find(self, path: str) -> tuple[Route, str]:
        """Find the route and, where its path ends in one, the unit's name as it was written."""
        route = self.exact.get(path)
        if route is not None:
            return route, ""
        head, _, tail = path.rpartition("/")
        if tail and head in self.of_unit:
            return self.of_unit[head], tail
        for start, route in self.below.items():
            if path.startswith(start):
                return route, path.removeprefix(start)
        raise NotFoundError(f"nothing is served at {path}")
