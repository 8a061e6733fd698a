"""The program of a server of reference data: five hundred months of prices, the same ones each time."""

from __future__ import annotations

import http.server
import random


def rows(seed: int, count: int = 500) -> list[list[float]]:
    """Oil, gas and the dollar's price, each about as in the years of the training data."""
    drawn = random.Random(seed)  # noqa: S311 - data of a test
    return [[drawn.gauss(76, 14), drawn.gauss(3.9, 1.4), drawn.gauss(1.1, 0.06)] for _ in range(count)]


class Reference(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer(with_body=True)

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def answer(self, *, with_body: bool) -> None:
        lines = ["oil,gas,eurusd", *(",".join(map(str, row)) for row in rows(0))]
        content = "\n".join(lines).encode()
        self.send_response(200)
        self.send_header("content-type", "text/csv")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        if with_body:
            self.wfile.write(content)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("", 8080), Reference).serve_forever()
