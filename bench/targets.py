"""What the operator is wanted to reach, and whether it did; beside it what Seldon Core v1.17.1's took on a machine of this kind."""

from __future__ import annotations

from dataclasses import dataclass

PATCH_MEDIAN_SECONDS = 0.020
PATCH_P99_SECONDS = 0.080
RESTART_SECONDS = 15.0
MEMORY_MEBIBYTES = 150.0
WRITES_AT_REST = 0.0
CREATE_SECONDS = {100: 6.0, 500: 25.0, 1000: 60.0}

V1_LAST = {"create-1": 0.18, "create-100": 29.2, "create-500": 151.0, "delete-100": 25.0, "delete-500": 188.0}
"""Seconds; its pods were reported ready at once, since it makes routes only after that."""
V1_PATCH_MEDIAN = {"patch-100-0s": 0.598, "patch-100-0.5s": 0.398, "patch-100-3s": 0.030, "patch-500-0.5s": 0.398}
V1_RESTART = {"restart-500": 80.0}


@dataclass(frozen=True)
class Target:
    """A figure that must not be exceeded; the unit is part of the name where it is not seconds."""

    name: str
    wanted: float

    def verdict(self, measured: float) -> str:
        return f"target {self.name} {measured:.3g} {self.wanted:g} {'ok' if measured <= self.wanted else 'short'}"


def v1(phase: str) -> float | None:
    """The time of v1's operator for a phase, where it was measured: the last object's, a patch's median."""
    return (V1_LAST | V1_PATCH_MEDIAN | V1_RESTART).get(phase)
