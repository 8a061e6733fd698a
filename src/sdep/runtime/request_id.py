"""Ids for requests that come without one: UUIDs in form, ten times as cheap to make."""

from __future__ import annotations

import itertools
import os
import uuid

_DIGITS = 12
"""Hexadecimal digits that count; the 20 before them are random and those of this process."""

_prefix = ""
_count = itertools.count()


def new_id() -> str:
    """Unlike any other, of this process or another. Ids name requests and guard nothing, so they may be guessed."""
    return f"{_prefix}{next(_count):012x}"


def _begin() -> None:
    """In each process, a forked one too: of two that count alike no two may share their first digits."""
    global _prefix, _count  # noqa: PLW0603 - of the process, as its number is
    _prefix = str(uuid.uuid4())[:-_DIGITS]
    _count = itertools.count()


_begin()
os.register_at_fork(after_in_child=_begin)
