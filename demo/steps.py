"""Say what is being done, with the time it took."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_START = time.monotonic()


@contextmanager
def step(what: str) -> Iterator[None]:
    """Announce a step when it starts and give its seconds when it ends."""
    began = time.monotonic()
    sys.stdout.write(f"[{began - _START:6.1f}s] {what} ... ")
    sys.stdout.flush()
    try:
        yield
    except BaseException:
        sys.stdout.write("failed\n")
        raise
    sys.stdout.write(f"done in {time.monotonic() - began:.1f} s\n")
    sys.stdout.flush()


def elapsed() -> float:
    return time.monotonic() - _START
