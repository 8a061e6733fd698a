"""Each outcome's rule: how much there is of it, by how much one arm is worse, and how people say so."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sdep.api.experiment import ExperimentMetric, Outcome
from sdep.evidence.histogram import Histogram
from sdep.experiment.arm import Known
from sdep.rollout.analysis.interval import Interval, Risk
from sdep.rollout.analysis.ordered import ordered
from sdep.rollout.analysis.proportions import Share, difference
from sdep.rollout.analysis.quantiles import ratio
from sdep.rollout.analysis.rates import share


@dataclass(frozen=True)
class Rule:
    """`compare` gives how much worse the second arm is than the first, in `unit`; `says` is that of one arm for people."""

    count: Callable[[Known], int]
    counted: str
    compare: Callable[[ExperimentMetric, Known, Known, Risk], Interval]
    says: Callable[[ExperimentMetric, Known], str]
    unit: str
    margin: float
    """As a guardrail, where the manifest does not say; as a goal it is nothing."""
    of_feedback: bool = False


def reversed_interval(interval: Interval, unit: str) -> Interval:
    """How much worse the first arm is than the second: of points their negation, of percent those of the inverse factor."""
    if unit == "points":
        return Interval(-interval.estimate, -interval.high, -interval.low)
    return Interval(_inverse(interval.estimate), _inverse(interval.high), _inverse(interval.low))


def _inverse(percent: float) -> float:
    if math.isinf(percent):
        return -100.0
    return 100 * (100 / (100 + percent) - 1) if percent > -100 else math.inf  # noqa: PLR2004 - nothing is left


def _shares(part: Callable[[Known], Share]) -> Callable[[ExperimentMetric, Known, Known, Risk], Interval]:
    return lambda _, reference, arm, risk: difference(part(reference), part(arm), risk).times(100)


def _quantiles(
    values: Callable[[Known], Histogram], usual: float
) -> Callable[[ExperimentMetric, Known, Known, Risk], Interval]:
    def compare(metric: ExperimentMetric, reference: Known, arm: Known, risk: Risk) -> Interval:
        found = ratio(ordered(values(reference)), ordered(values(arm)), metric.quantile or usual, risk)
        return Interval(100 * (found.estimate - 1), 100 * (found.low - 1), 100 * (found.high - 1))

    return compare


def _failed(found: Known) -> Share:
    return share(found.evidence.errors, found.evidence)


def _refused(found: Known) -> Share:
    return share(found.evidence.refusals, found.evidence)


def _wrong(found: Known) -> Share:
    return Share(found.truth.incorrect, found.truth.known)


def _lost(found: Known) -> Share:
    """What rewards lack of 1, whatever they are between 0 and 1."""
    truth = found.truth
    return Share(max(0.0, truth.rewarded - truth.reward), truth.rewarded)


def _latency(found: Known) -> Histogram:
    return found.evidence.latency


def _distances(found: Known) -> Histogram:
    return found.truth.distances


LATENCY_QUANTILE, ERROR_QUANTILE = 0.9, 0.5

RULES: Mapping[Outcome, Rule] = {
    "errors": Rule(
        lambda found: found.evidence.requests, "requests", _shares(_failed),
        lambda _, found: f"{100 * _failed(found).rate:.1f} % of {found.evidence.requests:,} requests failed",
        "points", 0.5,
    ),
    "refusals": Rule(
        lambda found: found.evidence.requests, "requests", _shares(_refused),
        lambda _, found: f"{100 * _refused(found).rate:.1f} % of {found.evidence.requests:,} requests were refused",
        "points", 2.0,
    ),
    "latency": Rule(
        lambda found: _latency(found).total, "requests with an answer", _quantiles(_latency, LATENCY_QUANTILE),
        lambda metric, found: f"{100 * (metric.quantile or LATENCY_QUANTILE):g} % of {_latency(found).total:,} requests took up "
        f"to {1000 * _latency(found).quantile(metric.quantile or LATENCY_QUANTILE):.3g} ms",
        "percent", 25.0,
    ),
    "correct": Rule(
        lambda found: found.truth.known, "rows with a truth", _shares(_wrong),
        lambda _, found: f"{100 * (1 - _wrong(found).rate):.1f} % of {found.truth.known:,} rows were right",
        "points", 1.0, of_feedback=True,
    ),
    "absoluteError": Rule(
        lambda found: _distances(found).total, "numbers with a truth", _quantiles(_distances, ERROR_QUANTILE),
        lambda metric, found: f"{100 * (metric.quantile or ERROR_QUANTILE):g} % of {_distances(found).total:,} numbers were off by "
        f"up to {_distances(found).quantile(metric.quantile or ERROR_QUANTILE):.3g}",
        "percent", 10.0, of_feedback=True,
    ),
    "reward": Rule(
        lambda found: found.truth.rewarded, "rewards", _shares(_lost),
        lambda _, found: f"{found.truth.rewarded:,} rewards were {1 - _lost(found).rate:.3f} on average",
        "points", 1.0, of_feedback=True,
    ),
}  # fmt: skip
