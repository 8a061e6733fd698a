"""What a request's head asks for: its path, decoded, and its query, as it is; and a head without an offer to upgrade."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

import httptools

if TYPE_CHECKING:
    from collections.abc import Mapping


def split_target(target: bytes) -> tuple[str, bytes]:
    """From `/path?query`, the absolute form that proxies are sent, or `*`."""
    if not target.startswith(b"/"):
        target = _origin_form(target)
    path, _, query = target.partition(b"#")[0].partition(b"?")
    text = path.decode("latin-1")
    return (unquote(text, errors="replace") if "%" in text else text), query


def _origin_form(target: bytes) -> bytes:
    try:
        parsed = httptools.parse_url(target)
    except httptools.HttpParserError:  # `*`, or what CONNECT asks for: a path that nothing is served at
        return target
    return bytes(parsed.path or b"/") + (b"?" + parsed.query if parsed.query else b"")


def without_offer(method: bytes, target: bytes, fields: Mapping[bytes, bytes]) -> bytes:
    """Write a head anew, as an HTTP/1.1 client sends it that offers no other protocol."""
    last = {b"connection": b"close"} if b"close" in fields.get(b"connection", b"").lower() else {}
    kept = {name: value for name, value in fields.items() if name not in {b"connection", b"upgrade"}} | last
    lines = [b"%b: %b\r\n" % field for field in kept.items()]
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (method, target, b"".join(lines))
