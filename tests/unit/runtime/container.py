"""A container of a graph for tests: a small HTTP server that answers what the test says and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.unit.runtime.listening import listening

Answer = Callable[[Any], Any]


@dataclass
class Asked:
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Container:
    """`answers` has a function of the decoded body by path; a pair from it is (status, body), bytes are sent as they are."""

    answers: dict[str, Answer]
    port: int = 0
    asked: list[Asked] = field(default_factory=list)

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]


@contextmanager
def container(**answers: Answer) -> Iterator[Container]:
    """Keyword `send_feedback` is the path /send-feedback."""
    found = Container({f"/{name.replace('_', '-')}": answer for name, answer in answers.items()})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"null")
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.asked.append(Asked(self.path, headers, body))
            said = found.answers[self.path](body)
            code, said = said if isinstance(said, tuple) else (200, said)
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(code)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST  # noqa: N815 - the name that the server looks for

        def log_message(self, *_: object) -> None:
            """Tests say what they have to say."""

    with listening(Handler) as found.port:
        yield found
