"""Each measure's rule, and what it counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sdep.api.rollout import Measure, Metric
from sdep.evidence.evidence import Evidence
from sdep.rollout.analysis.comparison import Comparison
from sdep.rollout.analysis.interval import Risk
from sdep.rollout.analysis.latency import latency
from sdep.rollout.analysis.predictions import beside_the_point, counted, predictions
from sdep.rollout.analysis.rates import errors, refusals


@dataclass(frozen=True)
class Rule:
    """`counts` says how much there is to compare, of the stable predictor and of the canary; both must be more than nothing.

    `unable`: why it can not be compared as the metric says; "" where nothing stands in the way.
    """

    counts: Callable[[Metric, Evidence, Evidence], tuple[int, int]]
    compare: Callable[[Metric, Evidence, Evidence, Risk], Comparison]
    counted: str
    unable: Callable[[Metric, Evidence, Evidence], str] = lambda *_: ""


def _requests(_: Metric, stable: Evidence, canary: Evidence) -> tuple[int, int]:
    return stable.requests, canary.requests


def _timed(_: Metric, stable: Evidence, canary: Evidence) -> tuple[int, int]:
    return stable.latency.total, canary.latency.total


RULES: Mapping[Measure, Rule] = {
    "errors": Rule(_requests, errors, "requests"),
    "refusals": Rule(_requests, refusals, "requests"),
    "latency": Rule(_timed, latency, "requests with an answer"),
    "predictions": Rule(counted, predictions, "predictions of one kind", beside_the_point),
}
