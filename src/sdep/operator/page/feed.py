"""Who looks at the page is told which objects changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sdep.errors import TransientError
from sdep.operator.store import ObjectName

MOST_LISTENERS = 100
_QUIET_SECONDS = 15.0
"""After so long something is sent all the same, so that proxies keep the connection and a browser notices when it broke."""
_GATHER_SECONDS = 0.2
"""However fast things change, a listener is told no more often than that."""


class Listener:
    """What changed and was not told yet: each object once, so that one who reads slowly takes no more room than others."""

    def __init__(self) -> None:
        self._changed: set[ObjectName] = set()
        self._awake = asyncio.Event()

    def put(self, name: ObjectName) -> None:
        self._changed.add(name)
        self._awake.set()

    def wake(self) -> None:
        self._awake.set()

    async def changed(self) -> set[ObjectName]:
        """What changed since the last time; nothing after a quiet while."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._awake.wait(), _QUIET_SECONDS)
            await asyncio.sleep(_GATHER_SECONDS)
        changed, self._changed = self._changed, set()
        self._awake.clear()
        return changed


class Feed:
    def __init__(self, most: int = MOST_LISTENERS) -> None:
        self._most = most
        self._listeners: set[Listener] = set()
        self.closed = False

    @property
    def count(self) -> int:
        return len(self._listeners)

    def tell(self, name: ObjectName) -> None:
        for listener in self._listeners:
            listener.put(name)

    def close(self) -> None:
        """Let every listener come to its end."""
        self.closed = True
        for listener in self._listeners:
            listener.wake()

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """Raises TransientError where too many listen already."""
        if self.count >= self._most:
            raise TransientError(
                "TooManyListeners", f"{self._most} browsers look at this page already: try again later"
            )
        listener = Listener()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
