"""Response headers that v1 clients, browsers and CloudEvents brokers expect, as the bytes that are written."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sdep.runtime.http.response import Response
    from sdep.runtime.settings import Settings

REMEMBERED = 256
"""Heads kept at most: a container behind us may answer with any content type."""


class Headers:
    """What does not depend on the request is made once: status line and headers of each kind of response."""

    def __init__(self, settings: Settings) -> None:
        predictor = settings.predictor
        self._always = {
            b"x-content-type-options": b"nosniff",
            b"access-control-allow-origin": text(settings.allowed_origins),
            b"access-control-allow-headers": text(settings.allowed_headers),
        }
        self._event = lines(
            {
                b"ce-specversion": b"0.3",
                b"ce-source": text(f"seldon.{predictor.deployment}"),
                b"ce-type": text(f"seldon.{predictor.deployment}.{predictor.namespace}.response"),
            }
        )
        self._made: dict[tuple[int, bytes, tuple[str, ...]], bytes] = {}

    def of(self, response: Response, methods: tuple[str, ...]) -> bytes:
        """Status line and headers, without the empty line that ends them. `methods` are those of the path, for browsers."""
        key = (response.code, response.content_type, methods)
        made = self._made.get(key)
        if made is None:
            made = self._make(*key)
            if len(self._made) < REMEMBERED:
                self._made[key] = made
        head = b"%bcontent-length: %d\r\n" % (made, len(response.body))
        return head + lines(dict(response.headers)) if response.headers else head

    def _make(self, code: int, content_type: bytes, methods: tuple[str, ...]) -> bytes:
        headers = {b"content-type": content_type, **self._always}
        if code == HTTPStatus.TOO_MANY_REQUESTS:
            headers[b"retry-after"] = b"1"
        if code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
            headers[b"accept-encoding"] = b"gzip, deflate"
        if methods:
            joined = ",".join(methods).encode()
            headers[b"access-control-allow-methods"] = joined
            if code == HTTPStatus.METHOD_NOT_ALLOWED:  # RFC 9110 asks for Allow with exactly this code
                headers[b"allow"] = joined
        return status_line(code) + lines(headers)

    def cloud_event(self, puid: bytes, path: str) -> bytes:
        return self._event + lines({b"ce-id": puid, b"ce-path": text(path)})


def status_line(code: int) -> bytes:
    """A code that no RFC has, which a container may answer, goes without words."""
    phrase = HTTPStatus(code).phrase if code in _CODES else ""
    return f"HTTP/1.1 {code} {phrase}\r\n".encode()


_CODES = frozenset(int(status) for status in HTTPStatus)


def lines(headers: dict[bytes, bytes]) -> bytes:
    return b"".join(b"%b: %b\r\n" % (name, _one_line(value)) for name, value in headers.items())


def _one_line(value: bytes) -> bytes:
    """A value that would end its line, and begin another header, cannot."""
    return value.replace(b"\r", b"?").replace(b"\n", b"?")


def text(value: str) -> bytes:
    """What a header can carry of a text that somebody else may have written: the rest becomes question marks."""
    if value.isascii() and value.isprintable():
        return value.encode()
    printable = "".join(letter if letter.isprintable() else "?" for letter in value)
    return printable.encode("latin-1", "replace")
