"""Whatever answers at Prometheus' address, a look ends with a number or with a reason why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import aiohttp
import pytest

from sdep.operator.prometheus import PrometheusDoor, read
from sdep.rollout.analysis.query import Answer
from tests.unit.runtime.listening import listening


class _Odd(BaseHTTPRequestHandler):
    """Answers at /moved with another place, at /long with too much, and elsewhere with 503 and a page."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        moved = self.path.startswith("/moved")
        body = b" " * (2 << 20) if self.path.startswith("/long") else b"<h1>Unavailable</h1>"
        self.send_response(302 if moved else 503)
        if moved:
            self.send_header("Location", "http://127.0.0.1:1/secret")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def odd() -> Iterator[int]:
    with listening(_Odd) as port:
        yield port


async def said(url: str) -> str:
    async with aiohttp.ClientSession() as http:
        answer = await PrometheusDoor(http, url).ask("up")
    assert answer.value == ""
    return answer.error


async def test_what_is_no_prometheus_is_told_apart_from_one_that_is_away(odd: int) -> None:
    assert await said(f"http://127.0.0.1:{odd}/") == "what answers 503 is no Prometheus"
    assert "does not answer" in await said("http://127.0.0.1:1")


async def test_no_redirect_is_followed_and_no_long_answer_read(odd: int) -> None:
    assert await said(f"http://127.0.0.1:{odd}/moved") == "what answers 302 is no Prometheus"
    assert "longer than a megabyte" in await said(f"http://127.0.0.1:{odd}/long")


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"status": "success", "data": {}}', b'{"status": "success"}', b"\xff"]
)
def test_rubbish_is_no_answer(body: bytes) -> None:
    assert read(200, body) == Answer(error="what answers 200 is no Prometheus")


def test_a_histogram_is_no_number() -> None:
    body = b'{"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "histogram": [1, {}]}]}}'
    assert read(200, body).value == ""
