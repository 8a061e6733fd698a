"""What goes back: a status, a body, and how a failure is written in both."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import orjson

if TYPE_CHECKING:
    from sdep.runtime.errors import ServingError

JSON = b"application/json"


class Response(NamedTuple):
    """`headers` are those of this response alone, beside the ones that every response has; names in lower case."""

    body: bytes = b""
    code: int = 200
    content_type: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Reply(NamedTuple):
    """A response as it is written: `head` has status line and headers, each with its line end, and not the empty line."""

    head: bytes
    body: bytes
    close: bool
    """Whether the connection must end with this."""


def plain_failure(error: ServingError) -> Response:
    """As the Open Inference Protocol and TensorFlow's have it."""
    return Response(orjson.dumps({"error": error.message}), error.code)


def failure(error: ServingError) -> Response:
    """v1's status object, with the code and the word for the state that its executor and its wrapper disagree on."""
    status = {"code": error.code, "info": error.message, "reason": error.reason, "status": "FAILURE"}
    return Response(orjson.dumps({"status": status}), error.code)
