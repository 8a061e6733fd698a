"""Whether one arm is better than all others beyond doubt."""

from __future__ import annotations

from collections.abc import Sequence

from sdep.api.experiment import ExperimentSpec
from sdep.experiment.findings import Compared


def best(spec: ExperimentSpec, arms: Sequence[str], found: Sequence[Compared]) -> str:
    """The arm that is surely better than every other by the goal, guardrails aside; "" where none is."""
    goal = [one for one in found if one.finding.metric == spec.goal.name]
    return next((arm for arm in arms if len(arms) > 1 and all(one.beats(arm) for one in _of(arm, goal))), "")


def doubts(spec: ExperimentSpec, arm: str, found: Sequence[Compared]) -> list[Compared]:
    """Guardrails by which the arm is not surely as good as another."""
    return [one for one in _of(arm, found) if one.finding.metric != spec.goal.name and not one.surely_no_worse(arm)]


def _of(arm: str, found: Sequence[Compared]) -> list[Compared]:
    return [one for one in found if arm in {one.finding.arm, one.finding.reference}]
