"""When the API server gave no answer, and by when all who watch it have surely heard of what was written since.

Gateways' controllers watch through client-go, whose reflector waits after each failure: 0.8 s at first and twice as long each
time, with a jitter that doubles it at most, up to 30 s before jitter, and from the beginning again after two minutes without one
(tools/cache/reflector.go). A failure that lasted for T is followed by at most 2 (T + 0.8) of silence, and each kind that is
watched waits on its own: a route may be heard of long after the destination that it names was deleted.
"""

from __future__ import annotations

_FIRST_PAUSE_SECONDS = 0.8
_JITTER = 2.0
_LONGEST_PAUSE_SECONDS = 30.0 * _JITTER
_FORGOTTEN_SECONDS = 120.0


class Outage:
    """Times are those of one monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._answered: float | None = None
        self._failing = False
        self._ended = float("-inf")
        self._lasted = 0.0

    def answered(self, at: float) -> None:
        if self._failing:
            self.presume(at - (at if self._answered is None else self._answered), at)
            self._failing = False
        self._answered = at

    def failed(self, at: float) -> None:
        if self._answered is None:
            self._answered = at
        self._failing = True

    def presume(self, seconds: float, until: float) -> None:
        """An outage has ended; one that follows another soon finds the pauses of the first grown already."""
        if seconds <= 0:
            return
        before = self._lasted if until - seconds - self._ended < _FORGOTTEN_SECONDS else 0.0
        self._lasted, self._ended = before + seconds, until

    @property
    def heard_at(self) -> float:
        """By when what was written before has been heard of, unless there is an outage now; long ago where there was none."""
        return self._ended + min(_LONGEST_PAUSE_SECONDS, _JITTER * (self._lasted + _FIRST_PAUSE_SECONDS))
