"""What a parent and a worker say to each other: messages over one Unix socket, each a word and a body."""

from __future__ import annotations

import asyncio
import struct
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import socket

_HEAD = struct.Struct(">BI")


class Word(IntEnum):
    """From a worker: LOADED, FAILED (why), COLLECT, REPORT (what it has counted). From the parent: SERVE, DRAIN, REPORT, COLLECTED."""

    LOADED = 1
    FAILED = 2
    COLLECT = 3
    REPORT = 4
    SERVE = 5
    DRAIN = 6
    COLLECTED = 7


class Said(NamedTuple):
    word: Word
    body: bytes


class Channel:
    """Either end of it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, end: socket.socket) -> Channel:
        return cls(*await asyncio.open_unix_connection(sock=end))

    def say(self, word: Word, body: bytes = b"") -> None:
        """Nobody may be left to hear it: the other end's death is told by `hear`."""
        if not self._writer.is_closing():
            self._writer.write(_HEAD.pack(word, len(body)) + body)

    async def hear(self) -> Said | None:
        """Wait for the next message; None when the other end is gone."""
        try:
            word, length = _HEAD.unpack(await self._reader.readexactly(_HEAD.size))
            return Said(Word(word), await self._reader.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def close(self) -> None:
        """Send what was said, and hang up."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            return
