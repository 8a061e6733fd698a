"""What a store says of a file's content, and whether that is what arrived."""

from __future__ import annotations

import base64
import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BLOCK = 1024 * 1024
_HASHES = {"md5", "sha1", "sha256"}
_PART_SIZES = tuple(
    size * _BLOCK for size in (5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 256, 500, 512, 1000, 1024)
)
"""With which clients upload in parts; S3 does not say which it was."""


@dataclass(frozen=True, slots=True)
class Digest:
    """`algorithm` is md5, sha1, sha256, crc32, or md5-of-parts: S3's own for what was uploaded in parts. `value` is hexadecimal."""

    algorithm: str
    value: str

    def differs(self, path: Path) -> str:
        """What the file has instead, or "" where it is the one meant, or where nobody can tell."""
        if self.algorithm == "md5-of-parts":
            return _differs_in_parts(path, self.value)
        found = _crc32(path) if self.algorithm == "crc32" else _hashed(path, self.algorithm)
        return "" if found == self.value else found


def of_base64(algorithm: str, text: str) -> Digest | None:
    """As HTTP headers have it; None for what is no digest."""
    if algorithm not in _HASHES | {"crc32"}:
        return None
    try:
        return Digest(algorithm, base64.b64decode(text, validate=True).hex())
    except ValueError:
        return None


def of_etag(etag: str) -> Digest | None:
    """S3's ETag, where it is made of MD5: of the whole, or of MD5s of parts with their number behind a dash."""
    value, dash, parts = etag.strip('"').lower().partition("-")
    if len(value) != hashlib.md5(usedforsecurity=False).digest_size * 2 or set(value) - set("0123456789abcdef"):
        return None
    if not dash:
        return Digest("md5", value)
    return Digest("md5-of-parts", f"{value}-{parts}") if parts.isdecimal() else None


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _hashed(path: Path, algorithm: str) -> str:
    made = hashlib.new(algorithm, usedforsecurity=False)
    for block in _blocks(path):
        made.update(block)
    return made.hexdigest()


def _crc32(path: Path) -> str:
    value = 0
    for block in _blocks(path):
        value = zlib.crc32(block, value)
    return f"{value:08x}"


def _differs_in_parts(path: Path, wanted: str) -> str:
    """Right where one usual size of parts gives that number of parts and that digest; unknown where no usual size gives that number."""
    size, number = path.stat().st_size, int(wanted.partition("-")[2])
    fitting = [part for part in _PART_SIZES if -(-size // part) == number]
    found = ""
    for part in fitting:
        found = _of_parts(path, part)
        if found == wanted:
            return ""
    # A size of parts that nobody guesses and a damaged file look the same: 8 MiB is nearly everybody's.
    return found if 8 * _BLOCK in fitting and len(fitting) == 1 else ""


def _of_parts(path: Path, size: int) -> str:
    parts: list[bytes] = []
    with path.open("rb") as file:
        while part := _digest_of_next(file, size):
            parts.append(part)
    return f"{hashlib.md5(b''.join(parts), usedforsecurity=False).hexdigest()}-{len(parts)}"


def _digest_of_next(file: BinaryIO, size: int) -> bytes:
    """The MD5 of the next `size` bytes, or nothing at the end of the file."""
    made, left = hashlib.md5(usedforsecurity=False), size
    while left and (block := file.read(min(_BLOCK, left))):
        made.update(block)
        left -= len(block)
    return made.digest() if left < size else b""
