"""What a rule makes of two predictors' evidence."""

from __future__ import annotations

from dataclasses import dataclass

from sdep.rollout.analysis.interval import Interval


@dataclass(frozen=True)
class Comparison:
    """`interval` in the unit of the metric's margin, and one sentence for people."""

    interval: Interval
    message: str
