"""A stream that began too early: a server that knows no ranges sends everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def after(skipped: int, stream: Iterator[bytes]) -> Iterator[bytes]:
    """Everything behind the first `skipped` bytes."""
    for piece in stream:
        if skipped < len(piece):
            yield piece[skipped:] if skipped else piece
        skipped = max(0, skipped - len(piece))
