"""Latency: the canary's quantile against the stable predictor's."""

from __future__ import annotations

from dataclasses import replace

from sdep.api.rollout import Metric
from sdep.evidence.evidence import Evidence
from sdep.rollout.analysis.comparison import Comparison
from sdep.rollout.analysis.interval import Interval, Risk
from sdep.rollout.analysis.margins import margin
from sdep.rollout.analysis.ordered import Ordered, ordered
from sdep.rollout.analysis.quantiles import least_ratio, point_ratio, ratio

LOWER_QUANTILES = (0.9, 0.5)
"""Judged too, since a hundred requests tell little of a 99th percentile and much of these: one much slower there is slow."""


def latency(metric: Metric, stable: Evidence, canary: Evidence, risk: Risk) -> Comparison:
    """In percent of the stable predictor's quantile.

    Only the metric's own quantile can pass. It and each lower one can fail, for which they share the chance of a false alarm.
    """
    arms = ordered(stable.latency), ordered(canary.latency)
    lower = [quantile for quantile in LOWER_QUANTILES if quantile < metric.quantile]
    each = replace(risk, worse=risk.worse / (1 + len(lower)))
    own = _percent(ratio(*arms, metric.quantile, each))
    judged = metric.quantile, own
    if own.verdict(margin(metric)) != "Fail":
        judged = next((found for found in (_slower(arms, q, metric, each) for q in lower) if found), judged)
    return _said(metric, arms, *judged)


def _slower(
    arms: tuple[Ordered, Ordered], quantile: float, metric: Metric, risk: Risk
) -> tuple[float, Interval] | None:
    """A quantile by which the canary fails; the bounds are looked for only where the estimate lies beyond the margin."""
    if 100 * (point_ratio(*arms, quantile) - 1) <= margin(metric) or not least_ratio(*arms, quantile, risk.worse) > 1:
        return None
    return quantile, _percent(ratio(*arms, quantile, risk))


def _percent(ratio: Interval) -> Interval:
    return Interval(100 * (ratio.estimate - 1), 100 * (ratio.low - 1), 100 * (ratio.high - 1))


def _said(metric: Metric, arms: tuple[Ordered, Ordered], quantile: float, percent: Interval) -> Comparison:
    stable, canary = arms
    facts = (
        f"{100 * quantile:g} % of {canary.total:,} requests took up to {_time(canary.quantile(quantile))}, "
        f"of {stable.total:,} at the stable predictor up to {_time(stable.quantile(quantile))}"
    )
    return Comparison(percent, f"{facts}: {percent.difference(margin(metric), '%')}")


def _time(seconds: float) -> str:
    return f"{seconds:g} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"
