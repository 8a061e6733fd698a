"""What the operator is wanted to reach, and whether it did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A figure that must not be exceeded; the unit is part of the name where it is not seconds."""

    name: str
    wanted: float

    def verdict(self, measured: float) -> str:
        return f"target {self.name} {measured:.3g} {self.wanted:g} {'ok' if measured <= self.wanted else 'short'}"


CREATE_1 = Target("create-1-all-children-median", 0.18)
CREATE_100 = Target("create-100-last", 14)
PATCH_MEDIAN = Target("patch-100-median", 0.030)
PATCH_P99 = Target("patch-100-p99", 0.1)
CPU = Target("cpu-seconds-per-100", 5)
MEMORY = Target("memory-mib", 150)
