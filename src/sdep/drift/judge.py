"""From the counts of a whole window to what each series says, the worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist

from sdep.api.drift import DriftDetector, DriftMargins
from sdep.api.drift_status import DriftFinding
from sdep.drift.correction import CORRECTIONS
from sdep.drift.measures import (
    greatest_difference,
    homogeneity,
    kolmogorov_smirnov,
    population_stability,
    total_variation,
    wilson_low,
)
from sdep.evidence.watched import Counts, Series

MOST_FINDINGS = 20
"""What a status holds of them."""


def judged(detector: DriftDetector, series: Sequence[Series], window: Mapping[str, Counts]) -> list[DriftFinding]:
    """`window` has the counts of the window by the series' key; what has none in it is not judged."""
    known = [one for one in series if one.key in window and window[one.key].total]
    tested = [one for one in known if window[one.key].present and one.reference.present and one.kind != "outlier"]
    chances = CORRECTIONS[detector.correction]([_chance(detector, one, window[one.key]) for one in tested])
    by_key = {one.key: chance for one, chance in zip(tested, chances, strict=True)}
    found = [_finding(detector, one, window[one.key], by_key.get(one.key), len(known)) for one in known]
    return sorted(found, key=lambda one: (not one.drifted, not one.degraded, -(one.distance or 0)))


def _chance(detector: DriftDetector, series: Series, seen: Counts) -> float:
    if series.edges and detector.test == "KolmogorovSmirnov":
        return kolmogorov_smirnov(series.reference.bins, seen.bins)
    return homogeneity(series.reference.bins, seen.bins)


def _finding(
    detector: DriftDetector, series: Series, seen: Counts, chance: float | None, judgements: int
) -> DriftFinding:
    deviations = NormalDist().inv_cdf(1 - detector.alpha / (4 * judgements))
    shares = {name: count / seen.total for name, count in _odd(series, seen).items()}
    worse = {name: said for name, said in _worse(detector.margins, series, seen, deviations).items() if said}
    about = DriftFinding(
        kind=series.kind,
        name=series.name,
        rows=seen.total,
        degraded=bool(worse),
        message="; ".join(worse.values()),
        **{name: _percent(share) for name, share in shares.items()},
    )
    return about if chance is None else _apart(detector, series, seen, chance, about)


def _apart(detector: DriftDetector, series: Series, seen: Counts, chance: float, about: DriftFinding) -> DriftFinding:
    """With how far the distribution has moved."""
    reference, bins = series.reference.bins, seen.bins
    measure = greatest_difference if series.edges else total_variation
    distance, index = 100 * measure(reference, bins), population_stability(reference, bins)
    margins = detector.margins
    large = distance >= margins.distance if detector.effect == "Distance" else index >= margins.population_stability
    drifted = large and chance <= detector.alpha
    moved = f"{_named(series)} is {distance:.1f} % from the reference data (p {chance:.2g}, index {index:.2f})"
    return about.model_copy(
        update={
            "drifted": drifted,
            "p_value": float(f"{chance:.3g}"),
            "distance": round(distance, 2),
            "population_stability": round(index, 4),
            "message": "; ".join([*([moved] if drifted else []), *([about.message] if about.message else [])]),
        }
    )


def _odd(series: Series, counts: Counts) -> dict[str, int]:
    """What is wrong with values, whatever their distribution. The outlier score is judged by its last bin: its own upper tail."""
    if series.kind == "outlier":
        return {"outliers": counts.bins[-1]}
    return {"missing": counts.missing, "out_of_range": counts.outside, "new_categories": counts.new}


def _worse(margins: DriftMargins, series: Series, seen: Counts, deviations: float) -> dict[str, str]:
    """Sentences about shares that exceed the reference's by more than their margin, as far as that is certain."""
    before, said = _odd(series, series.reference), {}
    for name, count in _odd(series, seen).items():
        allowed = before[name] / max(1, series.reference.total) + getattr(margins, name) / 100
        certain = wilson_low(count, seen.total, deviations)
        if certain > allowed:
            said[name] = _sentence(series, name, count / seen.total, before[name] / max(1, series.reference.total))
    return said


_WORDS = {
    "missing": "are missing",
    "out_of_range": "are out of the reference data's range",
    "new_categories": "are new categories",
    "outliers": "are outliers",
}


def _sentence(series: Series, name: str, share: float, before: float) -> str:
    return f"{100 * share:.1f} % of {_named(series, plural=True)} {_WORDS[name]} (reference {100 * before:.1f} %)"


def _named(series: Series, *, plural: bool = False) -> str:
    if series.kind == "outlier":
        return "rows"
    if series.kind == "prediction":
        return "predictions" if plural else f"the predicted {series.name}"
    return f"{series.name}'s values" if plural else series.name


def _percent(share: float) -> float:
    return round(100 * share, 2)
