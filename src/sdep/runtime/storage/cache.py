"""Artifacts that containers and pods share: what one has downloaded no other downloads again."""

from __future__ import annotations

import hashlib
import os
import shutil
from typing import TYPE_CHECKING

from sdep.runtime.cache_limit import note_growth
from sdep.runtime.lock import locked
from sdep.runtime.log import event
from sdep.runtime.storage.journal import identity
from sdep.runtime.storage.note import sizes
from sdep.runtime.storage.transfer import transfer

if TYPE_CHECKING:
    from pathlib import Path

    from sdep.runtime.storage.transfer import Transfer


def through_cache(order: Transfer, cache: Path, incoming: Path) -> Path:
    """A copy of the cache's files, downloaded into it where they are not there. A cache that can not be used is no failure."""
    target = incoming / "files"
    try:
        shutil.rmtree(incoming, ignore_errors=True)
        while not _copied(order, cache, target):
            _bring(order, cache)
    except OSError as error:
        event("cache not usable, downloading without it", level="warning", cache=str(cache), detail=str(error))
        return transfer(order, incoming)
    return target


def _copied(order: Transfer, cache: Path, target: Path) -> bool:
    """Whether it was there. Nobody deletes it meanwhile; several copy it at once."""
    key = _key(order)
    entry = cache / "artifacts" / key
    with locked(cache / "locks" / key, shared=True):
        if not (entry.is_dir() and _has(entry, order)):
            return False
        event("model found in the cache", uri=order.uri, cache=str(entry))
        os.utime(entry)
        shutil.copytree(entry, target)
    return True


def _bring(order: Transfer, cache: Path) -> None:
    """One pod downloads, others that want the same wait for it, and go on with what it began where it was killed."""
    key = _key(order)
    entry, growing = cache / "artifacts" / key, cache / "incoming" / key
    with locked(cache / "locks" / key):
        if entry.is_dir() and _has(entry, order):
            return
        shutil.rmtree(entry, ignore_errors=True)
        made = transfer(order, growing)
        entry.parent.mkdir(parents=True, exist_ok=True)
        made.rename(entry)
        shutil.rmtree(growing, ignore_errors=True)
    note_growth(cache)


def _key(order: Transfer) -> str:
    return hashlib.sha256(identity(order.uri, order.files).encode()).hexdigest()


def _has(entry: Path, order: Transfer) -> bool:
    there = sizes(entry)
    return all(file.path in there and file.size in {None, there[file.path]} for file in order.files)
