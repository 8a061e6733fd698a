"""A client that asks for predictions over a few connections and leaves as much of the machine as it can to the server."""

from __future__ import annotations

import asyncio
import json
import time
from typing import cast

from bench.figures import Times

BODY = json.dumps({"data": {"ndarray": [[75.5, 3.2, 1.18]]}}).encode()
_REQUEST = (
    b"POST /api/v1.0/predictions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
)
_LENGTH = b"content-length:"
_PATIENCE_SECONDS = 10


class LoadError(Exception):
    """An answer that is no prediction."""


async def load(port: int, connections: int, seconds: float) -> Times:
    """Each connection sends its next request as soon as the last one is answered."""
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    clients = [Client(loop.create_future(), start + seconds) for _ in range(connections)]
    for client in clients:
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port)  # type: ignore[misc]
    _, silent = await asyncio.wait([client.done for client in clients], timeout=seconds + _PATIENCE_SECONDS)
    if silent:
        raise LoadError(f"{len(silent)} of {connections} connections got no answer within {_PATIENCE_SECONDS} s")
    for client in clients:
        client.done.result()
    each = tuple(took for client in clients for took in client.took)
    return Times(each, time.perf_counter() - start)


class Client(asyncio.Protocol):
    """One kept-alive connection; `done` is set after the first answer past the deadline."""

    def __init__(self, done: asyncio.Future[None], deadline: float) -> None:
        self.done = done
        self.took: list[float] = []
        self._deadline = deadline
        self._sent = 0.0
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not _is_whole(self._received):
            return
        now = time.perf_counter()
        self.took.append(now - self._sent)
        if not self._received.startswith(b"HTTP/1.1 200"):
            self._end(LoadError(self._received.decode(errors="replace")))
        elif now > self._deadline:
            self._end(None)
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or LoadError("the server closed a connection"))

    def _send(self) -> None:
        self._received = b""
        self._sent = time.perf_counter()
        self._transport.write(_REQUEST)

    def _end(self, error: Exception | None) -> None:
        if error:
            self.done.set_exception(error)
        else:
            self.done.set_result(None)
        self._transport.close()


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    _, named, rest = head.lower().partition(_LENGTH)
    return bool(end and named) and len(body) >= int(rest.split(b"\r\n", 1)[0])
