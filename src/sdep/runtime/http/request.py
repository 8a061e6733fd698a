"""One HTTP request: the headers that matter here, its body within bounds, and the JSON in it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from sdep.runtime.errors import BadDataError
from sdep.runtime.http.coding import decoded
from sdep.runtime.http.form import form_json
from sdep.runtime.request_id import new_id
from sdep.runtime.seldon.codec import parse_json

if TYPE_CHECKING:
    from sdep.runtime.errors import ServingError

DEADLINE_HEADER = b"x-envoy-expected-rq-timeout-ms"
"""What Envoy tells of its own time limit."""
_MOST_DIGITS = 12


class Request:
    """A whole request. `path` is decoded; `fields` has headers by their lower-case names, the last of two with one name.

    `puid` is that of the header, "" if there is none; `tail` the unit's name in a path like /metadata/{unit}.
    """

    __slots__ = ("_body", "_refusal", "fields", "method", "path", "puid", "query", "tail")

    def __init__(
        self,
        method: str,
        path: str,
        query: bytes,
        fields: dict[bytes, bytes],
        body: bytes,
        refusal: ServingError | None = None,
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self._body = body
        self._refusal = refusal
        puid = fields.get(b"seldon-puid")
        self.puid = "" if puid is None else puid.decode("latin-1")
        self.tail = ""

    @property
    def id(self) -> str:
        """The one name of the request, wherever it is spoken of: the client's, else the mesh's, else a new one."""
        if not self.puid:
            given = self.fields.get(b"x-request-id")
            self.puid = given.decode("latin-1") if given else new_id()
        return self.puid

    @property
    def copied_id(self) -> bytes:
        """The id that a mirrored copy of the request has too, "" if it came without: the mesh's, else the client's."""
        return self.fields.get(b"x-request-id") or self.fields.get(b"seldon-puid", b"")

    @property
    def content_type(self) -> str:
        return self.fields.get(b"content-type", b"").decode("latin-1")

    @property
    def media_type(self) -> str:
        """The content type without its parameters, in lower case."""
        return self.content_type.partition(";")[0].strip().lower()

    @property
    def cloud_event(self) -> bool:
        return b"ce-specversion" in self.fields

    @property
    def body(self) -> bytes:
        """Raises what is wrong with it, so that a route that needs none does not mind: it is larger than allowed."""
        if self._refusal is not None:
            raise self._refusal
        return self._body

    async def decode(self, limit: int) -> None:
        """Take the body out of its `Content-Encoding`, which nobody who reads it or is told of the headers meets any more."""
        coding = self.fields.pop(b"content-encoding")
        if self._body and self._refusal is None:
            self._body = await decoded(self._body, coding, limit)

    @property
    def is_whole(self) -> bool:
        """Whether the body was read to its end; no other request can follow one of which that is not true."""
        return self._refusal is None

    async def json(self) -> Any:  # noqa: ANN401 - JSON is whatever it is
        """From a form's field `json`, the query's `json`, or the body itself: what is no form is read as JSON."""
        body, form = self.body, b"form" in self.fields.get(b"content-type", b"").lower()
        if form and (self.media_type == "multipart/form-data" or _is_form(self.media_type, body)):
            return form_json(body, self.content_type)
        if body:
            return parse_json(body, "the request body")
        query = parse_qs(self.query.decode("latin-1")).get("json")
        if query is None:
            raise BadDataError("the request has no body: send JSON, or the form field or query parameter json")
        return parse_json(query[0], "the query parameter json")

    def unit(self) -> str:
        return unquote(self.tail)

    def headers(self) -> dict[str, str]:
        """All of them, as text."""
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self.fields.items()}

    def deadline(self) -> float | None:
        """The moment, in monotonic seconds, until which the mesh says that the client waits; None where it says nothing."""
        value = self.fields.get(DEADLINE_HEADER, b"")
        known = value.isdigit() and len(value) <= _MOST_DIGITS and int(value)
        return time.monotonic() + known / 1000 if known else None


def _is_form(media_type: str, body: bytes) -> bool:
    """Curl calls everything a form, JSON too."""
    return media_type == "application/x-www-form-urlencoded" and body[:1] not in b"{["
