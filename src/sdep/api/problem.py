"""What is wrong with a manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Problem:
    """A rule that is broken. An `error` stops the object from being changed further; a `warning` is said, and the rest goes on."""

    severity: Literal["error", "warning"]
    reason: str
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"
