"""Progress: one line a step, with the time since the start."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Steps:
    def __init__(self) -> None:
        self._start = time.monotonic()

    @contextmanager
    def step(self, done: str) -> Iterator[None]:
        """Say what is true once the block has run; nothing if it fails."""
        yield
        self.say(done)

    def say(self, done: str) -> None:
        print(f"{time.monotonic() - self._start:6.1f}s  {done}", flush=True)
