"""A lock that processes, containers and pods share, and that the death of its holder opens."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sdep.runtime.log import event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock; the file stays, since another may wait at it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            event("waiting for another that does the same", lock=str(path))
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
