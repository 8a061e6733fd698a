"""A counter whose name is exactly what was asked: the client library appends `_total`, and users' dashboards do not."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class Tally:
    """Counts per label set; safe to add to from any thread."""

    def __init__(self, name: str, text: str, labels: Mapping[str, str] | None = None) -> None:
        self._name = name
        self._text = text
        self._labels = labels or {}
        self._counts: dict[tuple[tuple[str, str], ...], float] = {}
        self._lock = Lock()

    def add(self, amount: float = 1, labels: Mapping[str, str] | None = None) -> None:
        key = tuple((labels or self._labels).items())
        with self._lock:
            self._counts[key] = self._counts.get(key, 0) + amount

    def exposition(self) -> str:
        with self._lock:
            lines = [f"{self._name}{braces(labels)} {float(count)}\n" for labels, count in self._counts.items()]
        return f"# HELP {self._name} {self._text}\n# TYPE {self._name} counter\n{''.join(lines)}"


def braces(labels: tuple[tuple[str, str], ...]) -> str:
    pairs = ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in sorted(labels))
    return f"{{{pairs}}}" if pairs else ""
