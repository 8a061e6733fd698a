"""Keeps a cache that pods share within a size: what was used longest ago goes first, what is in use stays."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from sdep.runtime.lock import locked_if_free
from sdep.runtime.log import event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GRACE_SECONDS = 3600.0
"""An environment that was used so lately stays: the engine that it was made for may be about to take hold of it."""
_GROWN, _PRUNED, _TRASH = "grown", "pruned", "trash"


class Entry(NamedTuple):
    """`used` in seconds since the epoch. Whoever reads or makes the entry holds the lock named `key`."""

    path: Path
    key: str
    used: float
    lasting: bool
    """Whether it is used for as long as a pod runs, and not copied out of the cache."""


def note_growth(cache: Path) -> None:
    """Something was added, so that the size is worth a look: one takes as long as there are files."""
    (cache / _GROWN).touch()


def keep_within(cache: Path, limit: int, now: float) -> None:
    """Delete until at most `limit` bytes are left, if anything was added since the last look. One pod at a time does it."""
    try:
        if not _has_grown(cache):
            return
        with locked_if_free(cache / "locks" / "prune") as mine:
            if mine:
                (cache / _PRUNED).touch()
                shutil.rmtree(cache / _TRASH, ignore_errors=True)
                _prune(cache, limit, now)
    except OSError as error:
        event("cache not pruned", level="warning", cache=str(cache), detail=str(error))


def _has_grown(cache: Path) -> bool:
    grown, pruned = cache / _GROWN, cache / _PRUNED
    return grown.exists() and (not pruned.exists() or pruned.stat().st_mtime_ns <= grown.stat().st_mtime_ns)


def _prune(cache: Path, limit: int, now: float) -> None:
    sizes = _sizes(sorted(_entries(cache), key=lambda entry: entry.used, reverse=True))
    left = sum(sizes.values())
    for entry, size in reversed(sizes.items()):
        if left <= limit:
            return
        if _remove(cache, entry, now):
            event("cache pruned", path=str(entry.path), bytes=size, unused_seconds=round(now - entry.used))
            left -= size
    if left > limit:
        event("cache above its limit: all of it is in use", level="warning", bytes=left, limit=limit)


def _entries(cache: Path) -> Iterator[Entry]:
    """Not the Pythons that uv brought: environments stand on them."""
    for folder in ("artifacts", "incoming", "environments"):
        with suppress(FileNotFoundError):
            for path in (cache / folder).iterdir():
                yield Entry(path, path.name.removeprefix("."), path.stat().st_mtime, folder == "environments")
    with suppress(FileNotFoundError):
        yield Entry(cache / "uv", "uv", (cache / "uv").stat().st_mtime, lasting=False)


def _sizes(newest_first: list[Entry]) -> dict[Entry, int]:
    """Bytes that go when an entry goes: a file that several share is that of the newest."""
    seen: set[int] = set()
    return {entry: sum(_new_bytes(entry.path, seen)) for entry in newest_first}


def _new_bytes(path: Path, seen: set[int]) -> Iterator[int]:
    for folder, _, files in os.walk(path):
        for name in files:
            with suppress(FileNotFoundError):  # what is being made moves
                found = os.lstat(os.path.join(folder, name))  # noqa: PTH118 - thousands of files
                if found.st_ino not in seen:
                    seen.add(found.st_ino)
                    yield found.st_blocks * 512


def _remove(cache: Path, entry: Entry, now: float) -> bool:
    """What somebody holds counts as used now, and what was used since the look stays.

    The move out of its place is at once, the deletion may take its time.
    """
    if entry.lasting and now - entry.used < GRACE_SECONDS:
        return False
    with locked_if_free(cache / "locks" / entry.key) as free:
        if not free:
            os.utime(entry.path)
            return False
        if not entry.path.exists() or entry.path.stat().st_mtime != entry.used:
            return False
        trash = cache / _TRASH / entry.path.name
        trash.parent.mkdir(exist_ok=True)
        entry.path.rename(trash)
    shutil.rmtree(trash, ignore_errors=True)
    return True
