"""A lock that processes, containers and pods share, and that the death of its holder opens."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from sdep.runtime.log import event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def locked(path: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock, alone or with others that share it; the file stays, since another may wait at it."""
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    with _opened(path) as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            event("waiting for another that does the same", lock=str(path))
            fcntl.flock(file, kind)
        yield


@contextmanager
def locked_if_free(path: Path) -> Iterator[bool]:
    """Hold the lock alone; False, and at once, where another has it."""
    with _opened(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def share(path: Path) -> TextIO:
    """Share the lock until the file that is returned is closed, or the process ends. A folder that can only be read will do."""
    file = path.open()
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def _opened(path: Path) -> TextIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("a+")
