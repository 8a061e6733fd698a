"""Each distance of predictions: the number that its name promises, bounds that hold at every look, and a verdict for any evidence."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance
from scipy.stats.contingency import association

from sdep.api.rollout import Analysis, Metric, PredictionDistance
from sdep.api.status import Finding
from sdep.evidence.evidence import MOST_CLASSES, Evidence
from sdep.evidence.histogram import Histogram, of
from sdep.rollout.analysis import Look, analyse
from sdep.rollout.analysis.bernoulli import log_likelihood
from sdep.rollout.analysis.bins import binned
from sdep.rollout.analysis.chi_square import chi_square
from sdep.rollout.analysis.classes import Classes, ClassRule
from sdep.rollout.analysis.interval import Interval, Risk
from sdep.rollout.analysis.jensen_shannon import jensen_shannon
from sdep.rollout.analysis.kolmogorov_smirnov import kolmogorov_smirnov
from sdep.rollout.analysis.population_stability import population_stability
from sdep.rollout.analysis.proportions import Share, averaged, greatest_log_ratio
from sdep.rollout.analysis.total_variation import total_variation
from sdep.rollout.analysis.wasserstein import wasserstein

RISK = Risk(worse=0.05, passed=0.05)
LOOKS = (50, 100, 200, 400, 2000)
STREAMS = 40
OF_NUMBERS: list[PredictionDistance] = ["KolmogorovSmirnov", "Wasserstein", "PopulationStabilityIndex"]
OF_CLASSES: list[PredictionDistance] = ["TotalVariation", "ChiSquare", "JensenShannon"]
CLASSES: list[ClassRule] = [total_variation, chi_square, jensen_shannon]
SHIFT = 0.5
COUNTS = st.lists(st.integers(1, 300), min_size=4, max_size=4)


def found(stable: Evidence, canary: Evidence, distance: PredictionDistance | None) -> Finding:
    metric = Metric(name="predictions", distance=distance)
    (finding,) = analyse(Analysis(metrics=[metric]), stable, canary, Look(steps=3, share=None))
    return finding


def numbers(mean: float, seed: int, count: int) -> list[float]:
    draw = random.Random(seed)  # noqa: S311 - a test draws the same every time
    return [draw.gauss(mean, 1) for _ in range(count)]


def of_numbers(mean: float, seed: int, count: int) -> Evidence:
    return Evidence(requests=count, predictions=of(numbers(mean, seed, count)))


def of_classes(weights: tuple[float, ...], seed: int, count: int) -> Evidence:
    draw = random.Random(seed)  # noqa: S311 - a test draws the same every time
    return Evidence(requests=count, classes=Counter(draw.choices("abc", weights, k=count)))


@settings(deadline=None)  # a busy machine is no failure
@given(COUNTS, COUNTS)
def test_distances_of_classes_are_those_of_the_books(one: list[int], other: list[int]) -> None:
    stable, canary = dict(zip("abcd", one, strict=True)), dict(zip("abcd", other, strict=True))
    p, q = np.array(one) / sum(one), np.array(other) / sum(other)
    table = np.rint(np.vstack([p, q]) * 10**9).astype(np.int64)  # as many answers of either
    expected = [np.abs(p - q).sum() / 2, association(table, method="cramer"), jensenshannon(p, q, base=2)]
    estimates = [rule(stable, canary, RISK, MOST_CLASSES).estimate for rule in CLASSES]
    assert estimates == pytest.approx(expected, abs=1e-4)


def test_distances_of_numbers_are_those_of_the_books() -> None:
    stable, canary = numbers(0, 1, 4000), numbers(SHIFT, 2, 4000)
    spread = float(np.subtract(*np.quantile(stable, [0.75, 0.25])))
    middle = [np.sort(arm)[200:-200] for arm in (stable, canary)]
    moved = wasserstein(of(stable), of(canary), RISK).estimate
    assert moved == pytest.approx(wasserstein_distance(*middle) / spread, rel=0.01)
    # Jeffreys' divergence of two normal distributions is the square of their distance; bins take a little from it.
    assert population_stability(of(stable), of(canary), RISK).estimate == pytest.approx(SHIFT**2, rel=0.15)


@settings(deadline=None)  # a busy machine is no failure
@given(COUNTS, COUNTS)
def test_what_was_counted_is_no_further_from_the_truth_than_its_divergence_allows(
    one: list[int], other: list[int]
) -> None:
    counted, true = dict(zip("abcd", one, strict=True)), dict(zip("abcd", other, strict=True))
    p, q = np.array(one) / sum(one), np.array(other) / sum(other)
    divergence = float((p * np.log(p / q)).sum())
    for rule, most in zip(CLASSES, (0.5, 0.558, 0.5), strict=True):
        assert rule(counted, true, RISK, MOST_CLASSES).estimate ** 2 <= most * divergence + 1e-12


def stays(true: float, drawn: Callable[[int, int], Interval]) -> bool:
    """Whether bounds hold the true value at every look, in as many of many streams as they promise."""
    right = [
        all((look := drawn(stream, count)).low - 1e-9 <= true <= look.high + 1e-9 for count in LOOKS)
        for stream in range(STREAMS)
    ]
    return sum(right) >= 0.9 * STREAMS


@pytest.mark.parametrize(
    ("rule", "true"),
    [
        (kolmogorov_smirnov, math.erf(SHIFT / 2 / math.sqrt(2))),
        (wasserstein, SHIFT / 1.349),
        (population_stability, SHIFT**2 * 0.95),
    ],
)
def test_distances_of_numbers_are_within_their_bounds_at_every_look(
    rule: Callable[[Histogram, Histogram, Risk], Interval], true: float
) -> None:
    def drawn(stream: int, count: int) -> Interval:
        return rule(of(numbers(0, stream, count), 2), of(numbers(SHIFT, -stream - 1, count), 2), RISK)

    assert stays(true, drawn)


@pytest.mark.parametrize("rule", CLASSES)
def test_distances_of_classes_are_within_their_bounds_at_every_look(rule: ClassRule) -> None:
    weights: tuple[Classes, Classes] = {"a": 5, "b": 3, "c": 2}, {"a": 3, "b": 4, "c": 3}

    def drawn(stream: int, count: int) -> Interval:
        arms = (of_classes(tuple(w.values()), 2 * stream + n, count).classes for n, w in enumerate(weights))
        return rule(*arms, RISK, MOST_CLASSES)

    assert stays(rule(*weights, RISK, MOST_CLASSES).estimate, drawn)


RATES = st.integers(1, 300).flatmap(lambda trials: st.integers(0, trials).map(lambda hits: Share(hits, trials)))


@settings(deadline=None)  # a busy machine is no failure
@given(RATES, RATES)
def test_no_pair_of_rates_that_is_likely_enough_has_a_greater_ratio(stable: Share, canary: Share) -> None:
    least = averaged(stable, canary) + math.log(0.05)
    most = greatest_log_ratio(stable, canary, least)
    rates = [step / 40 for step in range(1, 41)]
    for one in rates:
        for other in rates:
            likely = log_likelihood(stable.hits, stable.trials, one) + log_likelihood(canary.hits, canary.trials, other)
            if likely > least + 1e-6:
                assert math.log(other / one) <= most + 1e-6


@pytest.mark.parametrize("distance", get_args(PredictionDistance))
def test_every_distance_passes_what_is_alike_and_fails_what_is_not(distance: PredictionDistance) -> None:
    if distance in OF_NUMBERS:
        alike, moved = of_numbers(0, 2, 40_000), of_numbers(1, 3, 300)
        stable = of_numbers(0, 1, 40_000)
    else:
        alike, moved = of_classes((5, 3, 2), 2, 40_000), of_classes((2, 3, 5), 3, 300)
        stable = of_classes((5, 3, 2), 1, 40_000)
    assert (found(stable, alike, distance).verdict, found(stable, moved, distance).verdict) == ("Pass", "Fail")


@pytest.mark.parametrize("distance", get_args(PredictionDistance))
def test_a_distance_of_another_kind_says_what_to_choose(distance: PredictionDistance) -> None:
    if distance in OF_CLASSES:
        (kind, other), able, told = ("classes", "numbers"), OF_NUMBERS, of_numbers(0, 1, 500)
    else:
        (kind, other), able, told = ("numbers", "classes"), OF_CLASSES, of_classes((1, 1, 1), 1, 500)
    finding = found(told, told, distance)
    what = f"{distance} compares {kind}, and {other} were predicted"
    assert (finding.verdict, finding.message) == (
        "NoData",
        f"{what}: choose one of {', '.join(able)}, or leave distance out",
    )


def no_and_yes(yes: int, count: int) -> Evidence:
    return Evidence(requests=count, predictions=Histogram(counts={0.0: count - yes, 1.0: yes}))


@pytest.mark.parametrize("distance", [None, *get_args(PredictionDistance)])
def test_a_few_numbers_are_classes(distance: PredictionDistance | None) -> None:
    """By every distance, 0 and 1 that change from 30 % to 53 % are told after about as few answers as two rates would be."""
    finding = found(no_and_yes(300, 1000), no_and_yes(200, 375), distance)
    assert finding.verdict == "Fail"
    assert "375 numbers predicted by the canary" in finding.message


def test_few_numbers_that_are_alike_pass() -> None:
    assert found(no_and_yes(3000, 10_000), no_and_yes(3010, 10_000), None).verdict == "Pass"


@given(st.lists(st.floats(-1e300, 1e300), min_size=12, max_size=200), st.lists(st.floats(-1e300, 1e300), min_size=1))
def test_every_number_is_in_one_bin(stable: list[float], canary: list[float]) -> None:
    bins = binned(of(stable), of(canary))
    assert [sum(arm) for arm in zip(*bins.counts, strict=True)] == [len(stable), len(canary)]
    assert 0 < bins.part < 1


@pytest.mark.parametrize("distance", get_args(PredictionDistance))
@settings(deadline=None, max_examples=40)  # a busy machine is no failure
@given(data=st.data())
def test_any_predictions_get_an_estimate_between_its_bounds(distance: PredictionDistance, data: st.DataObject) -> None:
    values = st.lists(st.floats(-1e9, 1e9) | st.sampled_from([0.0, 1.0]), max_size=120).map(of)
    classes = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 3000))
    told = st.builds(Evidence, requests=st.just(100), predictions=values, classes=classes)
    finding = found(data.draw(told), data.draw(told), distance)
    known = [value for value in (finding.low, finding.estimate, finding.high) if value is not None]
    assert finding.message
    assert known == pytest.approx(sorted(known))
