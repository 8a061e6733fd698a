"""One HTTP request: the headers that matter here, its body within bounds, and the JSON in it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from sdep.runtime.errors import BadDataError, TooLargeError
from sdep.runtime.http.form import form_json
from sdep.runtime.seldon.codec import parse_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Receive = Callable[[], Awaitable[dict[str, Any]]]


DEADLINE_HEADER = b"x-envoy-expected-rq-timeout-ms"
"""What Envoy tells of its own time limit."""


class DisconnectedError(Exception):
    """The client went away: nobody is left to answer."""


class Request:
    """`puid` is that of the header, "" if there is none; `tail` the unit's name in a path like /metadata/{unit}."""

    __slots__ = ("_content_length", "_content_type", "_max_body", "_receive", "_scope", "cloud_event", "puid", "tail")

    def __init__(self, scope: dict[str, Any], receive: Receive, max_body: int) -> None:
        self._scope = scope
        self._receive = receive
        self._max_body = max_body
        self._content_length = 0
        self._content_type = ""
        self.cloud_event = False
        self.puid = ""
        self.tail = ""
        for name, value in scope["headers"]:
            if name == b"seldon-puid":
                self.puid = value.decode("latin-1")
            elif name == b"content-type":
                self._content_type = value.decode("latin-1")
            elif name == b"content-length":
                self._content_length = int(value)
            elif name == b"ce-specversion":
                self.cloud_event = True

    async def json(self) -> Any:  # noqa: ANN401 - JSON is whatever it is
        """From a form's field `json`, the query's `json`, or the body itself: what is no form is read as JSON."""
        body = await self._body()
        media = self._content_type.partition(";")[0].strip().lower()
        if media == "multipart/form-data" or (media == "application/x-www-form-urlencoded" and body[:1] not in b"{["):
            return form_json(body, self._content_type)
        if body:
            return parse_json(body, "the request body")
        query = parse_qs(self._scope["query_string"].decode("latin-1")).get("json")
        if query is None:
            raise BadDataError("the request has no body: send JSON, or the form field or query parameter json")
        return parse_json(query[0], "the query parameter json")

    async def _body(self) -> bytes:
        if self._content_length > self._max_body:
            raise self._too_large()
        event = await self._receive()
        body: bytes = event.get("body", b"")
        while event.get("more_body"):
            event = await self._receive()
            body += event.get("body", b"")
            if len(body) > self._max_body:
                raise self._too_large()
        if event["type"] == "http.disconnect":
            raise DisconnectedError
        return body

    def _too_large(self) -> TooLargeError:
        return TooLargeError(f"the request body is larger than {self._max_body} bytes")

    def unit(self) -> str:
        return unquote(self.tail)

    def headers(self) -> dict[str, str]:
        """All of them, with lower-case names; the last of two with one name."""
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self._scope["headers"]}

    def deadline(self) -> float | None:
        """The moment, in monotonic seconds, until which the mesh says that the client waits; None where it says nothing."""
        for name, value in self._scope["headers"]:
            if name == DEADLINE_HEADER and value.isdigit() and int(value):
                return time.monotonic() + int(value) / 1000
        return None
