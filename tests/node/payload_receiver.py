"""The program of a receiver of payloads: it keeps the headers of what is posted, and tells them."""

from __future__ import annotations

import http.server
import json

SEEN: list[dict[str, str]] = []


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536

    def do_GET(self) -> None:
        self.answer(SEEN)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        SEEN.append({name.lower(): value for name, value in self.headers.items()})
        self.answer({})

    def answer(self, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words: object) -> None:
        """Say nothing: what was seen is asked for."""


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("", 8080), Receiver).serve_forever()
