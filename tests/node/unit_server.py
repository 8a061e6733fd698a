"""The program of a unit in a container of its own: v1's calls over HTTP. It adds ADD to every number that it is given."""

from __future__ import annotations

import http.server
import json
import os
from typing import Any

ADD = float(os.environ.get("ADD", "0"))
PORT = int(os.environ["PREDICTIVE_UNIT_HTTP_SERVICE_PORT"])


def rows(message: dict[str, Any]) -> list[list[float]]:
    found: list[list[float]] = message["data"]["ndarray"]
    return found


def message(numbers: list[list[float]]) -> dict[str, Any]:
    return {"data": {"names": [], "ndarray": [[number + ADD for number in row] for row in numbers]}, "meta": {}}


def summed(messages: list[dict[str, Any]]) -> list[list[float]]:
    return [[sum(numbers) for numbers in zip(*each, strict=True)] for each in zip(*map(rows, messages), strict=True)]


class Unit(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536

    def do_GET(self) -> None:
        self.answer({"data": {"names": [], "ndarray": []}, "meta": {}})

    def do_POST(self) -> None:
        body: Any = json.loads(self.rfile.read(int(self.headers["content-length"])))
        step = self.path.rpartition("/")[2]
        if step == "aggregate":
            self.answer(message(summed(body)))
        elif step == "route":
            self.answer({"data": {"ndarray": [[1]]}})
        else:
            self.answer(message(rows(body)))

    def answer(self, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("", PORT), Unit).serve_forever()
