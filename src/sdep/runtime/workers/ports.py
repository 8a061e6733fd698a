"""The sockets that the parent holds: those it accepts at, and the gRPC port that workers share."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from sdep.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Sequence

BACKLOG = 2048


def listeners(ports: Sequence[int]) -> list[socket.socket]:
    """In that order; the first is the main one. `InvalidError` names a port that is taken."""
    return [_bound(port) for port in ports]


def reserved(port: int) -> socket.socket:
    """Hold the gRPC port and listen nowhere: workers listen there, each with a socket of its own."""
    _bound(port).close()  # which fails where a stranger has it: sharing begins only after that
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.bind(("0.0.0.0", port))  # noqa: S104 - a pod answers on its address
    return held


def number(bound: socket.socket) -> int:
    return int(bound.getsockname()[1])


def listen(bound: Sequence[socket.socket]) -> None:
    for each in bound:
        each.listen(BACKLOG)


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.settimeout(0)
    try:
        made.bind(("0.0.0.0", port))  # noqa: S104 - a pod answers on its address
    except OSError as error:
        made.close()
        raise InvalidError("PortTaken", f"port {port} cannot be listened at: {error.strerror}") from error
    return made
