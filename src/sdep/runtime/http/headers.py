"""Response headers that v1 clients, browsers and CloudEvents brokers expect."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sdep.runtime.http.response import Response
    from sdep.runtime.settings import Settings

    Header = tuple[bytes, bytes]


class Headers:
    """What does not depend on the request is made once."""

    def __init__(self, settings: Settings) -> None:
        predictor = settings.predictor
        self._always: list[Header] = [
            (b"x-content-type-options", b"nosniff"),
            (b"access-control-allow-origin", settings.allowed_origins.encode()),
            (b"access-control-allow-headers", settings.allowed_headers.encode()),
        ]
        self._event: list[Header] = [
            (b"ce-specversion", b"0.3"),
            (b"ce-source", f"seldon.{predictor.deployment}".encode()),
            (b"ce-type", f"seldon.{predictor.deployment}.{predictor.namespace}.response".encode()),
        ]

    def of(self, response: Response, methods: tuple[str, ...]) -> list[Header]:
        headers = [
            (b"content-type", response.content_type),
            (b"content-length", str(len(response.body)).encode()),
            *self._always,
        ]
        if methods:
            joined = ",".join(methods).encode()
            headers.append((b"access-control-allow-methods", joined))
            if response.code == 405:  # noqa: PLR2004 - RFC 9110 asks for Allow with exactly this code
                headers.append((b"allow", joined))
        return headers

    def cloud_event(self, puid: bytes, path: str) -> list[Header]:
        return [*self._event, (b"ce-id", puid), (b"ce-path", path.encode("latin-1", "replace"))]
