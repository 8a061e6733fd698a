"""A pod's life as its probes see it: loading, ready, draining, gone."""

from __future__ import annotations


class Lifecycle:
    """`now` is monotonic time in seconds. Drains for `drain_seconds`, during which every request is still answered."""

    def __init__(self, drain_seconds: float) -> None:
        self._drain_seconds = drain_seconds
        self._loaded = False
        self._draining_since: float | None = None

    def loaded(self) -> None:
        self._loaded = True

    def drain(self, now: float) -> None:
        if self._draining_since is None:
            self._draining_since = now

    @property
    def ready(self) -> bool:
        return self._loaded and not self.draining

    @property
    def draining(self) -> bool:
        return self._draining_since is not None

    def drained(self, now: float) -> bool:
        """At once where nothing was ever ready: nobody has a route to that."""
        if self._draining_since is None:
            return False
        return not self._loaded or now - self._draining_since >= self._drain_seconds
