"""Artifacts that containers and pods share: what one has downloaded no other downloads again."""

from __future__ import annotations

import hashlib
import os
import shutil
from typing import TYPE_CHECKING

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
    try:
        entry = _entry(order, cache)
        target = incoming / "files"
        shutil.rmtree(incoming, ignore_errors=True)
        shutil.copytree(entry, target)
    except OSError as error:
        event("cache not usable, downloading without it", level="warning", cache=str(cache), detail=str(error))
        return transfer(order, incoming)
    return target


def _entry(order: Transfer, cache: Path) -> Path:
    """One pod downloads, others that want the same wait for it, and go on with what it began where it was killed."""
    key = hashlib.sha256(identity(order.uri, order.files).encode()).hexdigest()
    entry, growing = cache / "artifacts" / key, cache / "incoming" / key
    with locked(cache / "locks" / key):
        if entry.is_dir() and _has(entry, order):
            event("model found in the cache", uri=order.uri, cache=str(entry))
            os.utime(entry)
            return entry
        shutil.rmtree(entry, ignore_errors=True)
        made = transfer(order, growing)
        entry.parent.mkdir(parents=True, exist_ok=True)
        made.rename(entry)
        shutil.rmtree(growing, ignore_errors=True)
    return entry


def _has(entry: Path, order: Transfer) -> bool:
    there = sizes(entry)
    return all(file.path in there and file.size in {None, there[file.path]} for file in order.files)
