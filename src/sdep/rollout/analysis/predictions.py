"""Predictions: how differently the canary answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sdep.api.rollout import Metric, PredictionDistance
from sdep.evidence.evidence import MOST_CLASSES, Evidence
from sdep.evidence.histogram import Histogram
from sdep.rollout.analysis.chi_square import chi_square
from sdep.rollout.analysis.classes import Classes, ClassRule
from sdep.rollout.analysis.comparison import Comparison
from sdep.rollout.analysis.few import FEW, PART, as_classes
from sdep.rollout.analysis.interval import Interval, Risk
from sdep.rollout.analysis.jensen_shannon import jensen_shannon
from sdep.rollout.analysis.kolmogorov_smirnov import kolmogorov_smirnov
from sdep.rollout.analysis.margins import margin
from sdep.rollout.analysis.population_stability import population_stability
from sdep.rollout.analysis.total_variation import total_variation
from sdep.rollout.analysis.wasserstein import wasserstein

_WORST = ("Fail", "Inconclusive", "Pass")
_OF_NUMBERS: Mapping[PredictionDistance, Callable[[Histogram, Histogram, Risk], Interval]] = {
    "KolmogorovSmirnov": kolmogorov_smirnov,
    "Wasserstein": wasserstein,
    "PopulationStabilityIndex": population_stability,
}
_OF_CLASSES: Mapping[PredictionDistance, ClassRule] = {
    "TotalVariation": total_variation,
    "ChiSquare": chi_square,
    "JensenShannon": jensen_shannon,
}
_UNITS: Mapping[PredictionDistance, str] = {
    "Wasserstein": "% of the stable predictor's interquartile range apart",
    "PopulationStabilityIndex": "hundredths of a stability index apart",
    "ChiSquare": "% apart by Cramér's V",
    "JensenShannon": "% apart by Jensen and Shannon's distance",
}


@dataclass(frozen=True)
class _Kind:
    """What both predictors have answered so many of, and how far apart it is."""

    name: str
    counts: tuple[int, int]
    apart: Callable[[Risk], Interval]


def predictions(metric: Metric, stable: Evidence, canary: Evidence, risk: Risk) -> Comparison:
    """In hundredths of distance; where there are numbers and classes, the worse of both, which share the chance of a false alarm."""
    kinds = list(_kinds(metric, stable, canary))
    each = risk.shared(len(kinds))
    found = [(kind, kind.apart(each).times(100)) for kind in kinds]
    kind, worst = min(found, key=lambda pair: (_WORST.index(pair[1].verdict(margin(metric))), -pair[1].estimate))
    return Comparison(worst, _sentence(metric, kind, worst))


def counted(metric: Metric, stable: Evidence, canary: Evidence) -> tuple[int, int]:
    """How many predictions there are to compare, of the kind of which there are most."""
    return max((kind.counts for kind in _kinds(metric, stable, canary)), key=min, default=(0, 0))


def beside_the_point(metric: Metric, stable: Evidence, canary: Evidence) -> str:
    """Why the metric's distance can say nothing of what was predicted; "" where it can, or nothing was."""
    if stable.bucketed or canary.bucketed:
        return "Prometheus is not told what was predicted: the source Engine is"
    answered = list(_kinds(metric.model_copy(update={"distance": None}), stable, canary))
    if metric.distance is None or not answered or any(_kinds(metric, stable, canary)):
        return ""
    kind, other, able = (
        ("numbers", "classes", _OF_CLASSES) if metric.distance in _OF_NUMBERS else ("classes", "numbers", _OF_NUMBERS)
    )
    return (
        f"{metric.distance} compares {kind}, and {other} were predicted: choose one of {', '.join(able)}, or leave "
        "distance out"
    )


def _kinds(metric: Metric, stable: Evidence, canary: Evidence) -> Iterator[_Kind]:
    chosen = metric.distance
    of_numbers = _OF_NUMBERS.get(chosen) if chosen else None
    numbers, classes = (stable.predictions, canary.predictions), (stable.classes, canary.classes)
    counts = numbers[0].total, numbers[1].total
    few = as_classes(*numbers)
    if min(counts) and of_numbers:
        yield _Kind("numbers", counts, lambda risk: of_numbers(*numbers, risk))
    elif min(counts) and few:
        yield _Kind("numbers", counts, lambda risk: _of_few(chosen, few, risk))
    elif min(counts) and chosen is None:
        yield _Kind("numbers", counts, lambda risk: kolmogorov_smirnov(*numbers, risk))
    counts = sum(stable.classes.values()), sum(canary.classes.values())
    if min(counts) and not of_numbers:
        yield _Kind(
            "classes", counts, lambda risk: _OF_CLASSES[chosen or "TotalVariation"](*classes, risk, MOST_CLASSES)
        )


def _of_few(chosen: PredictionDistance | None, few: tuple[Classes, Classes], risk: Risk) -> Interval:
    part = Risk(risk.worse * PART, risk.passed * PART)
    return _OF_CLASSES[chosen or "TotalVariation"](*few, part, FEW)


def _sentence(metric: Metric, kind: _Kind, apart: Interval) -> str:
    stable_n, n = kind.counts
    facts = f"{n:,} {kind.name} predicted by the canary and {stable_n:,} by the stable predictor"
    number = f"{apart.estimate:.1f} {_UNITS.get(metric.distance or 'TotalVariation', '% apart')}"
    surely = ", surely not alike" if apart.worse and apart.low <= 0 else ""
    return f"{facts} are distributed {number} ({apart.bounds()}){surely}, {apart.beside(margin(metric))}"
