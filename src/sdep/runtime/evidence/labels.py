"""Counts of labels, of which there may be any number."""

from __future__ import annotations

from sdep.evidence.evidence import MOST_CLASSES, OTHER_CLASSES

MOST_CHARACTERS = 64
"""A label is as much of a text as this: what a language model wrote is no class, and must not fill the counts."""


class Labels:
    """The first labels that come have a count each, all that come later one together, so that no count ever falls."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def add(self, label: str, count: int = 1) -> None:
        label = label[:MOST_CHARACTERS]
        if label not in self.counts:
            label = self._new(label)
        self.counts[label] = self.counts.get(label, 0) + count

    def _new(self, label: str) -> str:
        if len(self.counts) >= MOST_CLASSES - 1:
            return OTHER_CLASSES
        return label.encode(errors="replace").decode()  # half a character could not be told
