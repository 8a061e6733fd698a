"""Numbers in ten bins, whose choice costs next to nothing although it is made when the numbers are known.

Bins may be chosen by what they will count only where all that could have been chosen share the chance of an error: each choice gets a part
that was fixed before (a union bound over countably many; Blumer, Ehrenfeucht, Haussler & Warmuth, Occam's razor, 1987). So the bins
are round: eight of 1, 2 or 5 times a power of ten that begin at a multiple of it, and one at either end for the rest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sdep.evidence.histogram import Histogram
from sdep.rollout.analysis.few import FEW, PART, as_classes
from sdep.rollout.analysis.ordered import ordered

_INNER = 8
MOST_BINS = _INNER + 2
_MIDDLE = 0.1, 0.9
"""These quantiles of the stable predictor lie in the inner bins."""
_ROUND = (1, 2, 5)


@dataclass(frozen=True)
class Binned:
    """Counts of the stable predictor and of the canary, bin by bin, and the part of the chance of an error that these bins have."""

    counts: list[tuple[int, int]]
    part: float


def binned(stable: Histogram, canary: Histogram) -> Binned:
    """Few values are a bin each."""
    if few := as_classes(stable, canary):
        one, other = few
        return Binned([(one.get(name, 0), other.get(name, 0)) for name in {**one, **other}], PART / FEW)
    width, start, part = _bins(stable)
    one_arm, other_arm = (_counted(arm, width, start) for arm in (stable, canary))
    return Binned(list(zip(one_arm, other_arm, strict=True)), (1 - PART) * part / MOST_BINS)


def _bins(stable: Histogram) -> tuple[float, int, float]:
    """The width, of which multiple the inner bins begin, and the part that was fixed for these two."""
    arm = ordered(stable)
    low, high = (arm.quantile(level) for level in _MIDDLE)
    power = math.floor(math.log10(max((high - low) / _INNER, 1e-290)))
    while True:
        for digit in _ROUND:
            width = digit * 10.0**power
            start = math.floor(low / width)
            if high < (start + _INNER) * width:
                return width, start, _part(power) * _part(start) / len(_ROUND)
        power += 1


def _part(number: int) -> float:
    """Of any whole number; all together are 1."""
    size = abs(number)
    return 2 / (3 * (size + 1) * (size + 2))


def _counted(arm: Histogram, width: float, start: int) -> list[int]:
    counts = [0] * MOST_BINS
    for value, count in arm.counts.items():
        place = math.floor(value / width) - start + 1 if math.isfinite(value / width) else (value > 0) * MOST_BINS
        counts[min(max(place, 0), MOST_BINS - 1)] += count
    return counts
