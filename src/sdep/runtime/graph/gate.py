"""How many requests a graph takes at once: what is beyond is refused at once, so that those inside are answered in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdep.runtime.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable


class Gate:
    """`refused` is called for each request that found no room. Used as a context: `with gate: …`; on the event loop alone."""

    __slots__ = ("_limit", "_refused", "inside")

    def __init__(self, limit: int, refused: Callable[[], None]) -> None:
        self._limit = limit
        self._refused = refused
        self.inside = 0

    def __enter__(self) -> None:
        if self.inside >= self._limit:
            self._refused()
            raise BusyError(f"{self.inside} requests are being answered or wait already: try again later")
        self.inside += 1

    def __exit__(self, *_: object) -> None:
        self.inside -= 1
