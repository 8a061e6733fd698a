"""One file at a web address."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from sdep.runtime.storage.digest import Digest, of_base64
from sdep.runtime.storage.store import AccessDeniedError, StoredFile, relative
from sdep.runtime.storage.web import Web, basic, tls_context

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from http.client import HTTPMessage


@dataclass(frozen=True, slots=True)
class WebStore:
    """What the server says of the file is asked once, before it is read. Ranges are no promise: it is read as one stream."""

    web: Web
    url: str
    digests: dict[str, Digest] = field(default_factory=dict)
    splits: bool = field(default=False, init=False)

    def files(self) -> list[StoredFile]:
        told = self._told()
        name = relative(unquote(urlsplit(self.url).path).rstrip("/").rpartition("/")[2] or "model")
        plain = "Content-Encoding" not in told
        size = int(told["Content-Length"]) if plain and "Content-Length" in told else None
        etag = told.get("ETag", "")
        if made := of_base64("md5", told.get("Content-MD5", "-")):
            self.digests[name] = made
        return [StoredFile(name, size, "" if etag.startswith("W/") else etag, self.url)]

    def digest(self, file: StoredFile) -> Digest | None:
        return self.digests.get(file.path)

    def read(self, file: StoredFile, start: int, end: int | None) -> Iterator[bytes]:
        return self.web.stream(self.url, start, None if end == file.size and not start else end, file.version)

    def _told(self) -> HTTPMessage:
        """By HEAD; some servers and signed addresses know only GET."""
        try:
            with self.web.ask(self.url, method="HEAD") as answer:
                return answer.headers
        except (AccessDeniedError, RuntimeError):
            with self.web.ask(self.url) as answer:
                return answer.headers


def web_store(url: str, environment: Mapping[str, str]) -> WebStore:
    """A name and a password may stand in the URL."""
    parts = urlsplit(url)
    headers = basic(unquote(parts.username), unquote(parts.password or "")) if parts.username else {}
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return WebStore(Web(headers, tls_context(environment)), bare)
