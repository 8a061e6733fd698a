"""A tracking server that answers as MLflow does, or slowly, or rubbish, or not at all."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from typing_extensions import override

RUBBISH: dict[str, bytes] = {
    "a page": b"<html><body>Welcome to your new web server</body></html>",
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "a word": b'"model_version"',
    "an empty object": b"{}",
    "an empty version": b'{"model_version": {}}',
    "no version": b'{"model_version": null}',
    "numbers for words": b'{"model_version": {"name": 5, "version": 6, "source": 7}, "artifact_uri": 8}',
    "lists for words": b'{"model_version": {"name": [], "version": {}, "source": []}, "artifact_uri": []}',
    "no text": b"\xff\xfe\x00{",
    "a deep nest": b"[" * 200_000,
}


class FalseRegistry:
    """`version` is what it says of every alias. `says` is given instead where it is not None; `status` with it."""

    def __init__(self) -> None:
        self.version = "1"
        self.says: bytes | None = None
        self.status = 200
        self.slow = threading.Event()
        """Set while answers are held back."""
        self.go_on = threading.Event()
        self.asked = 0
        self.port = 0

    @classmethod
    @contextmanager
    def serving(cls) -> Iterator[FalseRegistry]:
        registry = cls()
        with ThreadingHTTPServer(("127.0.0.1", 0), _handler(registry)) as server:
            server.daemon_threads = True
            registry.port = server.server_port
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            try:
                yield registry
            finally:
                registry.go_on.set()
                server.shutdown()
                thread.join()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def fall_ill(self, illness: str) -> None:
        """`slow`, `an error`, or a kind of RUBBISH."""
        if illness == "slow":
            self.go_on.clear()
            self.slow.set()
        elif illness == "an error":
            self.says, self.status = b"the database is locked", 500
        else:
            self.says = RUBBISH[illness]

    def be_well(self) -> None:
        self.says, self.status = None, 200
        self.slow.clear()
        self.go_on.set()

    def answer(self, path: str) -> bytes:
        if self.says is not None:
            return self.says
        if "get-download-uri" in path:
            return json.dumps({"artifact_uri": f"s3://bucket/version-{self.version}"}).encode()
        version = {"name": "priced", "version": self.version, "source": "", "run_id": ""}
        return json.dumps({"model_version": version}).encode()


def _handler(registry: FalseRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            registry.asked += 1
            if registry.slow.is_set():
                registry.go_on.wait(60)
            body = registry.answer(self.path)
            self.send_response(registry.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(BrokenPipeError):  # whoever asked lost patience
                self.wfile.write(body)

        @override
        def log_message(self, format: str, *_arguments: object) -> None:
            return

    return Handler
