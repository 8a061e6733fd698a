"""Content codings (RFC 9110, 8.4): compressed bodies in, within the same bounds as others, and compressed answers out."""

from __future__ import annotations

import asyncio
import re
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

from sdep.runtime.errors import BadDataError, CodingError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdep.runtime.http.response import Response

SMALLEST = 4096
"""Bytes of an answer from which on it is compressed: below, a packet or two are saved for more work than a model does."""
IN_LINE = 32 * 1024
"""Bytes up to which the event loop does it; more is done in a thread, beside it."""
LEVEL = 1
"""Four times as fast as zlib's default, for a tenth more bytes of numbers."""

GZIP, DEFLATE, IDENTITY = "gzip", "deflate", "identity"
_WINDOW = {GZIP: 31, DEFLATE: 15}
"""zlib's number for each container."""
_RAW = -15
_NONE = re.compile(r"0(\.0*)?")
_VARY = (b"vary", b"accept-encoding")


async def decoded(body: bytes, coding: bytes, limit: int) -> bytes:
    """`TooLargeError` as soon as there is a byte more than `limit`: that much is made of a body, however small it came."""
    name = coding.decode("latin-1").strip().lower().removeprefix("x-")
    if name in {"", IDENTITY}:
        return body
    if name not in _WINDOW:
        raise CodingError(f"the body has Content-Encoding '{name}': send it as gzip, as deflate or as it is")
    reader = zlib.decompressobj(_RAW if name == DEFLATE and not _is_zlib(body) else _WINDOW[name])
    found, rest = b"", body
    if len(body) <= IN_LINE:
        found, rest = _read(reader, name, body, min(limit, IN_LINE) + 1), reader.unconsumed_tail
    if not reader.eof and len(found) <= limit:
        found += await asyncio.to_thread(_read, reader, name, rest, limit + 1 - len(found))
    if len(found) > limit:
        raise TooLargeError(f"the request body is larger than {limit} bytes once it is decompressed")
    if not reader.eof or reader.unused_data:
        said = "goes on after its end" if reader.eof else "ends too early"
        raise BadDataError(f"the request body, compressed as {name}, {said}")
    return found


def _read(reader: zlib._Decompress, name: str, data: bytes, most: int) -> bytes:
    try:
        return reader.decompress(data, most)
    except zlib.error as error:
        raise BadDataError(f"the request body is no {name}: {error}") from error


def _is_zlib(body: bytes) -> bool:
    """What `deflate` means by its definition; some clients send what is inside of it alone."""
    return len(body) > 1 and body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2], "big") % 31 == 0


async def compressed(response: Response, accepted: bytes) -> Response:
    """In a coding that `accepted`, the client's `Accept-Encoding`, has; else as it is."""
    name, body = _chosen(accepted), response.body
    if not name:
        return response._replace(headers=(*response.headers, _VARY))
    short = _compress(body, name) if len(body) <= IN_LINE else await asyncio.to_thread(_compress, body, name)
    return response._replace(body=short, headers=(*response.headers, _VARY, (b"content-encoding", name.encode())))


def _compress(body: bytes, name: str) -> bytes:
    return zlib.compress(body, LEVEL, _WINDOW[name])


@lru_cache(maxsize=64)
def _chosen(accepted: bytes) -> str:
    asked = dict(_qualities(accepted.decode("latin-1").lower()))
    return next((name for name in (GZIP, DEFLATE) if asked.get(name, asked.get("*", False))), "")


def _qualities(accepted: str) -> Iterator[tuple[str, bool]]:
    """Each coding, and whether it may be used."""
    for each in accepted.split(","):
        name, _, quality = each.replace(" ", "").partition(";q=")
        yield name.removeprefix("x-"), not _NONE.fullmatch(quality)
