"""Numbers of which there are few, such as 0 and 1 for no and yes: they are classes."""

from __future__ import annotations

from sdep.evidence.histogram import MOST_DIGITS, Histogram
from sdep.rollout.analysis.classes import Classes

FEW = 10
PART = 1 / 3
"""What judging few numbers as classes takes of the chance of a false alarm; the rest is for numbers of which there are more.

With more answers few values can become many, and both judgements may have been made by then: together they must not exceed it.
"""


def as_classes(stable: Histogram, canary: Histogram) -> tuple[Classes, Classes] | None:
    """Both as classes, each named by its number; None where there are more than ten, or were, so that digits were dropped."""
    if min(stable.digits, canary.digits) < MOST_DIGITS or len({*stable.counts, *canary.counts}) > FEW:
        return None
    one, other = ({f"{value:g}": count for value, count in arm.counts.items()} for arm in (stable, canary))
    return one, other
