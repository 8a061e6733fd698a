"""A proxy in front of a store that does what networks and stores do on bad days."""

from __future__ import annotations

import http.client
import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import urlsplit

from tests.unit.runtime.listening import listening


@dataclass
class Faults:
    """What is done to answers of GET requests whose path ends with `to`; each number counts down as it happens."""

    to: str = ""
    cut: list[int] = field(default_factory=list)
    """After how many bytes each of the next answers ends."""
    errors: int = 0
    """How many answers are HTTP 503."""
    flip: int = 0
    """In how many answers one byte is another."""
    pause: float = 0.0
    """Seconds before every 64 KiB."""
    no_ranges: bool = False
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path and range of every request."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def sent(self, path: str) -> int:
        return sum(1 for method, asked, _ in self.asked if method == "GET" and asked.endswith(path))

    def take_error(self, path: str) -> bool:
        with self.lock:
            hit = self.errors > 0 and path.endswith(self.to)
            self.errors -= hit
            return hit

    def take_cut(self, path: str) -> int | None:
        with self.lock:
            return self.cut.pop(0) if self.cut and path.endswith(self.to) else None

    def take_flip(self, path: str) -> bool:
        with self.lock:
            hit = self.flip > 0 and path.endswith(self.to)
            self.flip -= hit
            return hit


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream: ClassVar[str]
    faults: ClassVar[Faults]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.faults.asked.append((self.command, path, self.headers.get("Range", "")))
        if self.command == "GET" and self.faults.take_error(path):
            self._send(503, [("Content-Length", "0")], b"")
            return
        headers = {name: value for name, value in self.headers.items() if name != "Connection"}
        if self.faults.no_ranges:
            headers.pop("Range", None)
        connection = http.client.HTTPConnection(urlsplit(self.upstream).netloc)
        connection.request(self.command, self.path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        kept = [
            (name, value) for name, value in answer.getheaders() if name.lower() not in {"connection", "server", "date"}
        ]
        if self.command == "GET" and body and answer.status < 300:
            body = self._damaged(path, body)
        self._send(answer.status, kept, body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _damaged(self, path: str, body: bytes) -> bytes:
        return bytes([body[0] ^ 1]) + body[1:] if self.faults.take_flip(path) else body

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        path = self.path.partition("?")[0]
        cut = self.faults.take_cut(path) if status < 300 and "list-type" not in self.path else None
        try:
            for start in range(0, len(body), 65536):
                if self.faults.pause:
                    time.sleep(self.faults.pause)
                self.wfile.write(body[start : start + 65536] if cut is None else body[start : min(start + 65536, cut)])
        except OSError:  # the client has gone
            self.close_connection = True
        if cut is not None:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def faulty_proxy(upstream: str) -> Iterator[tuple[str, Faults]]:
    """The address to use instead of `upstream`, and what shall go wrong there."""
    faults = Faults()
    handler = type("_Bound", (_Handler,), {"upstream": upstream, "faults": faults})
    with listening(handler) as port:
        yield f"http://127.0.0.1:{port}", faults
