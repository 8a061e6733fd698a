"""Predictions: how differently the canary answers."""

from __future__ import annotations

from dataclasses import replace

from sdep.api.rollout import Metric
from sdep.evidence.evidence import Evidence
from sdep.rollout.analysis.classes import total_variation
from sdep.rollout.analysis.comparison import Comparison
from sdep.rollout.analysis.distances import distance
from sdep.rollout.analysis.interval import Interval, Risk
from sdep.rollout.analysis.margins import margin

_WORST = ("Fail", "Inconclusive", "Pass")


def predictions(metric: Metric, stable: Evidence, canary: Evidence, risk: Risk) -> Comparison:
    """In percent of distance; where there are numbers and classes, the worse of both, which share the chance of a false alarm."""
    kinds = compared(stable, canary)
    each = replace(risk, worse=risk.worse / len(kinds))
    found = [(kind, _apart(kind, stable, canary, each).times(100)) for kind in kinds]
    kind, worst = min(found, key=lambda pair: (_WORST.index(pair[1].verdict(margin(metric))), -pair[1].estimate))
    return Comparison(worst, _sentence(kind, stable, canary, worst, margin(metric)))


def compared(stable: Evidence, canary: Evidence) -> dict[str, tuple[int, int]]:
    """What both predictors have answered, numbers or classes, with how many of each."""
    counts = {
        "numbers": (stable.predictions.total, canary.predictions.total),
        "classes": (sum(stable.classes.values()), sum(canary.classes.values())),
    }
    return {kind: both for kind, both in counts.items() if min(both)}


def _apart(kind: str, stable: Evidence, canary: Evidence, risk: Risk) -> Interval:
    if kind == "numbers":
        return distance(stable.predictions, canary.predictions, risk)
    return total_variation(stable.classes, canary.classes, risk)


def _sentence(kind: str, stable: Evidence, canary: Evidence, apart: Interval, allowed: float) -> str:
    stable_n, n = compared(stable, canary)[kind]
    facts = f"{n:,} {kind} predicted by the canary and {stable_n:,} by the stable predictor"
    return f"{facts} are distributed {apart.estimate:.1f} % apart ({apart.bounds()}), {apart.beside(allowed)}"
