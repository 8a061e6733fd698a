"""The program of a gate: it keeps rollouts out until /open is asked for, and tells what it was sent."""

from __future__ import annotations

import http.server
import json
from typing import Any

SEEN: list[dict[str, Any]] = []
OPENED: list[bool] = []


class Gate(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536

    def do_GET(self) -> None:
        if self.path == "/open":
            OPENED.append(True)
        self.answer(200, SEEN)

    def do_POST(self) -> None:
        SEEN.append({"path": self.path, **json.loads(self.rfile.read(int(self.headers["content-length"])))})
        held = self.path == "/gate" and not OPENED
        self.answer(403 if held else 200, {"message": "ticket 7 is not approved"} if held else {})

    def answer(self, code: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words: object) -> None:
        """Say nothing: what was seen is asked for."""


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("", 8080), Gate).serve_forever()
