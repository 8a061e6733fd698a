"""Latency that was counted in buckets: bounds are as wide as buckets are, and a verdict is no surer than they allow."""

from __future__ import annotations

import random
from bisect import bisect_left
from itertools import pairwise

import pytest

from sdep.api.rollout import Analysis, Metric
from sdep.api.status import Finding
from sdep.evidence.evidence import Evidence
from sdep.evidence.exposed import BUCKETS
from sdep.evidence.histogram import Histogram, of
from sdep.rollout.analysis import Look, analyse, unseen, verdict


def seconds(slower: float, seed: int, count: int) -> list[float]:
    draw = random.Random(seed)  # noqa: S311 - a test draws the same every time
    return [slower * draw.lognormvariate(-3, 0.5) for _ in range(count)]


def in_buckets(values: list[float]) -> Evidence:
    edges = (*BUCKETS, float("inf"))
    counts: dict[float, int] = {}
    for value in values:
        edge = edges[bisect_left(edges, value)]
        counts[edge] = counts.get(edge, 0) + 1
    return Evidence(requests=len(values), latency=Histogram(2, counts), bucketed=True)


def exact(values: list[float]) -> Evidence:
    return Evidence(requests=len(values), latency=of(values, 2))


def judged(stable: Evidence, canary: Evidence, quantile: float = 0.99) -> Finding:
    analysis = Analysis(metrics=[Metric(name="latency", quantile=quantile)])
    return analyse(analysis, stable, canary, Look(steps=1, share=None))[0]


@pytest.mark.parametrize("slower", [1, 1.5, 3, 20, 300])
@pytest.mark.parametrize("quantile", [0.5, 0.9, 0.99])
def test_bounds_of_buckets_hold_those_of_the_values_that_are_in_them(slower: float, quantile: float) -> None:
    stable, canary = seconds(1, 1, 3000), seconds(slower, 2, 3000)
    fine, coarse = (
        judged(exact(stable), exact(canary), quantile),
        judged(in_buckets(stable), in_buckets(canary), quantile),
    )
    assert fine.low is not None
    assert coarse.low is not None
    assert coarse.low <= fine.low
    assert coarse.high is None or (fine.high is not None and fine.high <= coarse.high)
    known = [value for value in (coarse.low, coarse.estimate, coarse.high) if value is not None]
    assert all(low <= high for low, high in pairwise(known))


def test_a_slow_canary_fails_where_whole_buckets_say_so() -> None:
    stable, canary = in_buckets(seconds(1, 1, 3000)), in_buckets(seconds(3, 2, 3000))
    assert judged(stable, canary).verdict == "Fail"


def test_a_canary_that_is_slower_within_a_bucket_does_not_fail() -> None:
    stable, canary = in_buckets([0.11] * 3000), in_buckets([0.24] * 3000)
    assert judged(stable, canary).verdict == "Inconclusive"


def test_predictions_are_not_judged_by_prometheus_and_people_are_told_so() -> None:
    stable = in_buckets(seconds(1, 1, 300))
    (finding,) = analyse(Analysis(metrics=[Metric(name="predictions")]), stable, stable, Look(steps=1, share=None))
    assert (finding.verdict, finding.message) == (
        "NoData",
        "Prometheus is not told what was predicted: the source Engine is",
    )


def test_what_nobody_tells_more_of_does_not_pass_by_what_was_told_before() -> None:
    """A failure stays one: it is enough to turn back."""
    stable = Evidence(requests=100_000, errors=100)
    good, bad = Evidence(requests=100_000, errors=100), Evidence(requests=1000, errors=500)
    metrics = Analysis(metrics=[Metric(name="errors")])
    passed, failed = (analyse(metrics, stable, canary, Look(steps=1, share=None)) for canary in (good, bad))
    assert (verdict(passed), verdict(unseen(passed, "Prometheus is away"))) == ("Pass", "NoData")
    assert unseen(passed, "Prometheus is away")[0].message == "Prometheus is away"
    assert verdict(unseen(failed, "Prometheus is away")) == "Fail"
