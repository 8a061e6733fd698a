"""Measures each call of a node, and turns whatever it raises into a sentence with the node's name."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol, Self

from sdep.runtime.errors import ServingError, UnitError
from sdep.runtime.log import event

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import TracebackType

    from sdep.contract import ServedUnit

    Watch = Callable[[ServedUnit, str], AbstractContextManager[object]]
    """Sees each call of a node: `with watch(unit, "/predict"): …`; all that it lets out is `ServingError`."""


class Meter(Protocol):
    """Where measurements go: see `Metrics.called`."""

    def called(self, unit: ServedUnit, service: str, code: int, seconds: float) -> None: ...


class Unmeasured:
    """For a unit that answers at its own port: whoever calls it there measures the call."""

    def called(self, unit: ServedUnit, service: str, code: int, seconds: float) -> None: ...


class Watched:
    """One call. A class, because a generator-based context manager costs several times as much per request."""

    __slots__ = ("_begin", "_metrics", "_service", "_unit")

    def __init__(self, metrics: Meter, unit: ServedUnit, service: str) -> None:
        self._metrics = metrics
        self._unit = unit
        self._service = service

    def __enter__(self) -> Self:
        self._begin = time.perf_counter()
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        if error is not None and not isinstance(error, Exception):  # cancelled, as a sibling failed
            return
        code = 200 if error is None else error.code if isinstance(error, ServingError) else 500
        self._metrics.called(self._unit, self._service, code, time.perf_counter() - self._begin)
        if error is not None and not isinstance(error, ServingError):
            event("unit failed", level="error", unit=self._unit.name, service=self._service, error=error)
            raise UnitError(self._unit.name, _first_line(error)) from error


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}" if lines[0] else type(error).__name__
