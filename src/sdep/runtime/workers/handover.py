"""How an accepted connection gets from the parent, which listens, to the worker with the fewest of them.

The kernel spreads connections over listening sockets by chance, and over one shared socket by who wakes first; a proxy keeps a
handful of connections for hours, so either may leave a worker without work (`docs/decisions/0019`).
"""

from __future__ import annotations

import mmap
import os
import socket
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_COUNT = struct.Struct("=Q")


class Ended:
    """How many of its connections a worker has seen the end of: it writes, the parent reads, nobody is woken."""

    def __init__(self, file: int) -> None:
        self._shared = mmap.mmap(file, _COUNT.size)

    @staticmethod
    def file() -> int:
        """Make a descriptor of shared memory, which a child inherits."""
        file = os.memfd_create("connections", 0)
        os.truncate(file, _COUNT.size)
        return file

    def add(self) -> None:
        _COUNT.pack_into(self._shared, 0, self.count + 1)

    @property
    def count(self) -> int:
        return int(_COUNT.unpack_from(self._shared)[0])


class Giver:
    """The parent's end, to one worker. `open` is what the worker has of connections, those on their way included."""

    def __init__(self, end: socket.socket, ended: Ended) -> None:
        self._end = end
        self._ended = ended
        self._given = 0

    @property
    def open(self) -> int:
        return self._given - self._ended.count

    def give(self, port: int, connection: socket.socket) -> bool:
        """Whether the worker has it now: one that is dead or does not keep up takes none. `port` says who listened."""
        try:
            socket.send_fds(self._end, [bytes([port])], [connection.fileno()], socket.MSG_DONTWAIT)
        except OSError:
            return False
        self._given += 1
        return True

    def close(self) -> None:
        """Nothing comes any more: the worker reads what is on its way, then the end."""
        self._end.close()


def take(end: socket.socket) -> Iterator[tuple[int, socket.socket]]:
    """Yield what has arrived, each with the number of its port. `EOFError` once nothing comes any more."""
    while True:
        try:
            said, files, _, _ = socket.recv_fds(end, 1, 1)
        except BlockingIOError:
            return
        if not said:
            raise EOFError
        for file in files:
            yield said[0], socket.socket(fileno=file)


def pair() -> tuple[socket.socket, socket.socket]:
    """Make both ends: messages keep their bounds, so that one descriptor is one message."""
    parent, worker = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    parent.settimeout(0)
    worker.settimeout(0)
    return parent, worker
