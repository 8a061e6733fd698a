"""Requests over HTTP with the standard library alone: few, long ones, which need no pool."""

from __future__ import annotations

import base64
import http.client
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sdep.runtime.storage.skipping import after
from sdep.runtime.storage.store import AccessDeniedError, ChangedError, ModelNotFoundError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from http.client import HTTPResponse

TIMEOUT = 20.0
"""Seconds without a byte after which a connection counts as broken."""
PIECE = 1024 * 1024
_PARTIAL = 206
_REFUSED, _ABSENT, _CHANGED, _PASSING, _FAILED = {401, 403}, {404, 410}, {412, 416}, {408, 425, 429}, 500


@dataclass(frozen=True)
class Web:
    """`headers` are sent with every request, but never to a host that it is redirected to: they may hold a secret."""

    headers: Mapping[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None

    def ask(self, url: str, headers: Mapping[str, str] | None = None, *, method: str = "GET") -> HTTPResponse:
        if urlsplit(url).scheme not in {"http", "https"}:
            raise ValueError(f"{url} is no web address")
        request = urllib.request.Request(url, method=method)  # noqa: S310 - looked at above
        for name, value in {**self.headers, **(headers or {})}.items():
            request.add_unredirected_header(name, value)
        opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=self.tls or tls_context({})))
        try:
            answer: HTTPResponse = opener.open(request, timeout=TIMEOUT)
        except (OSError, http.client.HTTPException) as error:
            raise translated(error) from error
        return answer

    def stream(self, url: str, start: int, end: int | None, version: str = "") -> Iterator[bytes]:
        """The bytes from `start` to before `end`, and from a server that knows no ranges perhaps more behind them."""
        ranged = {"Range": f"bytes={start}-{'' if end is None else end - 1}"} if start or end is not None else {}
        condition = {"If-Match": version} if version and ranged else {}
        answer = self.ask(url, {**ranged, **condition})
        return after(0 if answer.status == _PARTIAL else start, _pieces(answer))


def tls_context(environment: Mapping[str, str], *, insecure: bool = False, authority: str = "") -> ssl.SSLContext:
    """The system's authorities, or those of the file that REQUESTS_CA_BUNDLE names, as MLflow's client takes them."""
    context = ssl.create_default_context(cafile=authority or environment.get("REQUESTS_CA_BUNDLE") or None)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def basic(username: str, password: str) -> dict[str, str]:
    encoded = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {"Authorization": f"Basic {encoded}"}


def translated(error: Exception) -> Exception:
    """What an HTTP status or a broken connection means here."""
    if isinstance(error, urllib.error.HTTPError):
        said = f"HTTP {error.code} {error.reason} for {without_secrets(error.url)}"
        if error.code in _REFUSED:
            return AccessDeniedError(said)
        if error.code in _ABSENT:
            return ModelNotFoundError(said)
        if error.code in _CHANGED:
            return ChangedError(said)
        return UnreachableError(said) if error.code >= _FAILED or error.code in _PASSING else RuntimeError(said)
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, ssl.SSLCertVerificationError):
        return RuntimeError(f"the server's certificate is not trusted: {error.reason.verify_message}")
    return UnreachableError(f"{type(error).__name__}: {error}")


def without_secrets(url: str) -> str:
    """A URL for messages: its query may hold a signature, its host a password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _pieces(answer: HTTPResponse) -> Iterator[bytes]:
    with answer:
        try:
            while piece := answer.read(PIECE):
                yield piece
        except (OSError, http.client.HTTPException) as error:
            raise translated(error) from error
