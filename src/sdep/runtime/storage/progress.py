"""How far a download is, in the log: now and then, not for every piece."""

from __future__ import annotations

import threading
import time
from typing import Any

from sdep.runtime.log import event

BETWEEN = 2.0
"""Seconds from one line to the next."""


class Progress:
    """`total` is None where a store does not say how large its files are."""

    def __init__(self, uri: str, total: int | None, already: int = 0) -> None:
        self._uri, self._total = uri, total
        self._lock = threading.Lock()
        self._began = self._said = time.monotonic()
        self.already = already
        self.received = 0

    def add(self, size: int) -> None:
        with self._lock:
            self.received += size
            now = time.monotonic()
            if now - self._said < BETWEEN:
                return
            self._said = now
        self._say(now - self._began)

    def _say(self, seconds: float) -> None:
        there = self.already + self.received
        told: dict[str, Any] = {}
        if self._total:  # a piece that broke is received again
            told = {"total_bytes": self._total, "percent": min(100.0, round(100 * there / self._total, 1))}
        event("downloading", uri=self._uri, bytes=there, bytes_per_second=round(self.received / seconds), **told)
