"""Accepts connections in the parent and gives each to the worker with the fewest."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from sdep.runtime.workers.handover import Giver

AT_ONCE = 64
"""Connections accepted before the event loop looks at anything else."""
PAUSE_SECONDS = 0.05
"""How long connections wait in the kernel where no worker takes any."""


class Acceptor:
    """`givers` tells who may have connections now, in order of preference where they have equally many."""

    def __init__(self, listeners: Sequence[socket.socket], givers: Callable[[], Sequence[Giver]]) -> None:
        self._listeners = listeners
        self._givers = givers
        self._ended = False

    def start(self) -> None:
        """Once somebody can take what comes; until then the kernel keeps it."""
        for port in range(len(self._listeners)):
            self._resume(port)

    def stop(self) -> None:
        """Give away what the kernel has accepted, then refuse: nobody who was let in is left standing."""
        self._ended = True
        for port, listener in enumerate(self._listeners):
            asyncio.get_running_loop().remove_reader(listener)
            self._accept(port, 1 << 16)
            listener.close()

    def _accept(self, port: int, limit: int) -> None:
        for _ in range(limit):
            try:
                connection, _ = self._listeners[port].accept()
            except OSError:  # nobody waits any more, or who waited is gone
                return
            if not self._give(port, connection):
                self._pause(port)
                return

    def _give(self, port: int, connection: socket.socket) -> bool:
        with connection:  # the worker has its own descriptor of it
            return any(giver.give(port, connection) for giver in sorted(self._givers(), key=lambda each: each.open))

    def _pause(self, port: int) -> None:
        if self._ended:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._listeners[port])
        loop.call_later(PAUSE_SECONDS, self._resume, port)

    def _resume(self, port: int) -> None:
        if not self._ended:
            asyncio.get_running_loop().add_reader(self._listeners[port], self._accept, port, AT_ONCE)
