"""Bounds of differences: right by brute force, and true at every look."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdep.evidence.evidence import MOST_CLASSES
from sdep.evidence.histogram import Histogram, of
from sdep.rollout.analysis.bernoulli import ANY, evidence_against, log_likelihood, log_mixture, log_mixture_of_rates
from sdep.rollout.analysis.interval import Interval, Risk
from sdep.rollout.analysis.kolmogorov_smirnov import kolmogorov_smirnov
from sdep.rollout.analysis.ordered import ordered
from sdep.rollout.analysis.proportions import Share, difference
from sdep.rollout.analysis.quantiles import ratio
from sdep.rollout.analysis.total_variation import total_variation

RISK = Risk(worse=0.05, passed=0.05)
SHARES = st.integers(1, 400).flatmap(lambda trials: st.integers(0, trials).map(lambda hits: Share(hits, trials)))
NUMBERS = st.lists(st.floats(0.001, 1000), min_size=1, max_size=80)
LOOKS = (50, 100, 200, 400)
STREAMS = 50


def inside(true: float, bounds: Interval) -> bool:
    return bounds.low - 1e-9 <= true <= bounds.high + 1e-9


@settings(deadline=None)  # a busy machine is no failure
@given(SHARES, SHARES)
def test_no_pair_of_rates_that_is_likely_enough_differs_by_more(stable: Share, canary: Share) -> None:
    found = difference(stable, canary, RISK)
    averaged = log_mixture_of_rates((stable.hits, stable.trials), (canary.hits, canary.trials))
    rates = [step / 40 for step in range(41)]
    for one, other in itertools.product(rates, rates):
        likely = log_likelihood(stable.hits, stable.trials, one) + log_likelihood(canary.hits, canary.trials, other)
        if averaged - likely < math.log(1 / 0.05) - 1e-6:
            assert inside(other - one, found)
    assert inside(found.estimate, found)


@settings(deadline=None)  # a busy machine is no failure
@given(SHARES, SHARES)
def test_arms_that_change_places_change_the_sign(one: Share, other: Share) -> None:
    there, back = difference(one, other, RISK), difference(other, one, RISK)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-9)


def test_the_mixture_is_the_average_of_likelihoods() -> None:
    # With one trial each outcome has the chance of one half, with two hits of two 3/8 (Jeffreys' prior).
    assert math.exp(log_mixture(1, 1, ANY)) == pytest.approx(0.5)
    assert math.exp(log_mixture(2, 2, ANY)) == pytest.approx(3 / 8)
    assert evidence_against(0.5, 2)(2) == pytest.approx(math.log(3 / 8 / 0.25))


@settings(deadline=None)  # a busy machine is no failure
@given(NUMBERS, NUMBERS, st.sampled_from([0.5, 0.9, 0.99]))
def test_a_ratio_of_quantiles_lies_between_its_bounds(
    stable: list[float], canary: list[float], quantile: float
) -> None:
    found = ratio(ordered(of(stable, 2)), ordered(of(canary, 2)), quantile, RISK)
    assert found.low <= found.estimate <= found.high


def test_a_high_quantile_of_few_requests_is_unbounded() -> None:
    few = ordered(of(range(1, 61), 2))
    assert ratio(few, few, 0.99, RISK).low == 0
    assert ratio(few, few, 0.99, RISK).high == math.inf


@settings(deadline=None)  # a busy machine is no failure
@given(NUMBERS, NUMBERS)
def test_a_distance_lies_between_its_bounds(stable: list[float], canary: list[float]) -> None:
    found = kolmogorov_smirnov(of(stable), of(canary), RISK)
    assert 0 <= found.low <= found.estimate + 1e-9 <= found.high + 2e-9


def test_numbers_at_different_digits_are_compared_at_the_coarser() -> None:
    numbers = [100 + number / 7 for number in range(700)]
    assert (
        kolmogorov_smirnov(of(numbers, 2), of(numbers, 4), RISK).estimate < 0.005
    )  # what is rounded twice is not always rounded alike


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_a_distance_of_numbers_that_are_mostly_alike_is_found(share: float) -> None:
    stable, canary = (
        Histogram(4, {0.0: round(1000 * part), 1.0: round(1000 * (1 - part))}) for part in (share, share - 0.2)
    )
    found = kolmogorov_smirnov(stable, canary, RISK)
    assert found.estimate == pytest.approx(0.2)
    assert found.low > 0.04


def test_the_same_classes_are_at_no_distance_and_other_classes_at_the_greatest() -> None:
    assert total_variation({"a": 600, "b": 400}, {"a": 600, "b": 400}, RISK, MOST_CLASSES).estimate == 0
    apart = total_variation({"a": 1000}, {"b": 1000}, RISK, MOST_CLASSES)
    assert (apart.estimate, apart.high) == (1, 1)
    assert apart.low > 0.9


def test_a_rate_difference_is_within_its_bounds_at_every_look() -> None:
    draw = random.Random(1)  # noqa: S311 - a test draws the same every time

    def stays(_: int) -> bool:
        arms = [[draw.random() < rate for _ in range(LOOKS[-1])] for rate in (0.1, 0.15)]
        looks = (difference(*(Share(sum(arm[:look]), look) for arm in arms), RISK) for look in LOOKS)
        return all(inside(0.05, look) for look in looks)

    assert sum(map(stays, range(STREAMS))) >= 0.9 * STREAMS


def test_a_ratio_of_quantiles_is_within_its_bounds_at_every_look() -> None:
    draw = random.Random(2)  # noqa: S311 - a test draws the same every time

    def stays(_: int) -> bool:
        arms = [[draw.expovariate(1) * slower for _ in range(LOOKS[-1])] for slower in (1, 1.5)]
        looks = (ratio(*(ordered(of(arm[:look])) for arm in arms), 0.9, RISK) for look in LOOKS)
        return all(inside(1.5, look) for look in looks)

    assert sum(map(stays, range(STREAMS))) >= 0.9 * STREAMS


def test_distances_are_within_their_bounds_at_every_look() -> None:
    draw = random.Random(3)  # noqa: S311 - a test draws the same every time
    shift = 0.5
    true = math.erf(shift / 2 / math.sqrt(2))

    def stays(_: int) -> bool:
        arms = [[draw.gauss(mean, 1) for _ in range(LOOKS[-1])] for mean in (0, shift)]
        return all(inside(true, kolmogorov_smirnov(*(of(arm[:look], 2) for arm in arms), RISK)) for look in LOOKS)

    assert sum(map(stays, range(STREAMS))) >= 0.9 * STREAMS


def test_total_variation_is_within_its_bounds_at_every_look() -> None:
    draw = random.Random(4)  # noqa: S311 - a test draws the same every time

    def stays(_: int) -> bool:
        arms = [draw.choices("abc", weights, k=LOOKS[-1]) for weights in ((5, 3, 2), (4, 3, 3))]
        return all(
            inside(0.1, total_variation(*(Counter(arm[:look]) for arm in arms), RISK, MOST_CLASSES)) for look in LOOKS
        )

    assert sum(map(stays, range(STREAMS))) >= 0.9 * STREAMS
