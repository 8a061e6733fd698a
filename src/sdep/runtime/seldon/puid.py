"""The id that a client wrote into its message."""

from __future__ import annotations


def own_puid(body: object) -> str:
    """`meta.puid` of a prediction, `response.meta.puid` of a feedback; "" where there is none that a header can hold."""
    for message in (body, body.get("response") if isinstance(body, dict) else None):
        meta = message.get("meta") if isinstance(message, dict) else None
        if found := header_value(meta.get("puid") if isinstance(meta, dict) else None):
            return found
    return ""


def header_value(puid: object) -> str:
    """The id if a header of HTTP and of gRPC can hold it, else ""."""
    return puid if isinstance(puid, str) and puid.isascii() and puid.isprintable() else ""
