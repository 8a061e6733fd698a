"""Latency: the canary's quantile against the stable predictor's."""

from __future__ import annotations

from sdep.api.rollout import Metric
from sdep.evidence.evidence import Evidence
from sdep.evidence.exposed import BUCKETS
from sdep.rollout.analysis.comparison import Comparison
from sdep.rollout.analysis.interval import Interval, Risk
from sdep.rollout.analysis.margins import margin
from sdep.rollout.analysis.ordered import Ordered, ordered
from sdep.rollout.analysis.quantiles import point_ratio, ratio

LOWER_QUANTILES = (0.9, 0.5)
"""Judged too, since a hundred requests tell little of a 99th percentile and much of these: one much slower there is slow."""


def latency(metric: Metric, stable: Evidence, canary: Evidence, risk: Risk) -> Comparison:
    """In percent of the stable predictor's quantile.

    Only the metric's own quantile can pass. It and each lower one can fail, for which they share the chance of a false alarm.
    """
    edges = BUCKETS if stable.bucketed or canary.bucketed else ()
    arms = ordered(stable.latency, edges), ordered(canary.latency, edges)
    lower = [quantile for quantile in LOWER_QUANTILES if quantile < metric.quantile]
    each = risk.shared(1 + len(lower))
    own = _percent(arms, metric.quantile, each)
    judged = metric.quantile, own
    if own.verdict(margin(metric)) != "Fail":
        judged = next((found for found in (_slower(arms, q, metric, each) for q in lower) if found), judged)
    return _said(metric, arms, *judged)


def _slower(
    arms: tuple[Ordered, Ordered], quantile: float, metric: Metric, risk: Risk
) -> tuple[float, Interval] | None:
    """A quantile by which the canary fails; the bounds are looked for only where the estimate lies beyond the margin."""
    if 100 * (point_ratio(*arms, quantile) - 1) <= margin(metric):
        return None
    found = _percent(arms, quantile, risk)
    return (quantile, found) if found.worse else None


def _percent(arms: tuple[Ordered, Ordered], quantile: float, risk: Risk) -> Interval:
    """What lies in a bucket exceeds its lower edge: of two buckets with one edge between them, the upper one's values are greater."""
    found = ratio(*arms, quantile, risk)
    differs = found.low >= 1 if arms[0].bucketed else None
    return Interval(100 * (found.estimate - 1), 100 * (found.low - 1), 100 * (found.high - 1), differs)


def _said(metric: Metric, arms: tuple[Ordered, Ordered], quantile: float, percent: Interval) -> Comparison:
    stable, canary = arms
    facts = (
        f"{100 * quantile:g} % of {canary.total:,} requests took up to {_time(canary.quantile(quantile))}, "
        f"of {stable.total:,} at the stable predictor up to {_time(stable.quantile(quantile))}"
    )
    return Comparison(percent, f"{facts}: {percent.difference(margin(metric), '%')}")


def _time(seconds: float) -> str:
    return f"{seconds:g} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"
