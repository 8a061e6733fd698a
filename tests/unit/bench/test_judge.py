"""A few hundred simulated rollouts: the judge keeps its promise to good canaries and finds bad ones."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bench.judge import ours
from bench.judge.peers import argo, flagger
from bench.judge.rollouts import Scenario, run, share
from bench.judge.traffic import PREDICTIONS, SHARES, service, step
from bench.judge.unlike import may_be_unlike
from sdep.rollout.analysis.kolmogorov_smirnov import least_distance

ALPHA = ours.ANALYSIS.alpha


@pytest.mark.parametrize(("rate", "outages"), [(1, False), (10, False), (10, True), (100, False)])
def test_good_canaries_are_turned_back_no_more_often_than_alpha(
    rate: float,
    outages: bool,  # noqa: FBT001 - a test case
) -> None:
    rollouts = 150
    slack = 3 * math.sqrt(ALPHA * (1 - ALPHA) / rollouts)
    found = run(Scenario("good", rollouts, good=True, outages=outages), rate)
    assert share(found["sdep"]) <= ALPHA + slack


@pytest.mark.parametrize(
    ("rate", "worse", "seen"),
    [
        (1, {"errors": 0.2}, 150),
        (1, {"slower": 3}, 150),
        (10, {"errors": 0.05}, 2000),
        (10, {"slower": 1.5}, 500),
        (10, {"shift": 1}, 200),
        (100, {"errors": 0.02}, 20_000),
    ],
)
def test_clear_failures_are_found_before_many_requests_saw_them(
    rate: float, worse: dict[str, float], seen: int
) -> None:
    found = run(Scenario("bad", 20, service(**worse)), rate)["sdep"]
    requests = [stopped.requests for stopped in found if stopped]
    assert len(requests) >= 19
    assert np.median(requests) <= seen


@pytest.mark.parametrize("worse", [{}, {"errors": 0.03}, {"slower": 1.4}, {"shift": 0.4}, {"tail": 0.02}])
def test_the_quick_question_before_the_analysis_hides_no_failure(worse: dict[str, float]) -> None:
    draw = np.random.default_rng(3)
    told = step((service(), service(**worse)), 10, SHARES[1], 3, draw, outages=False)
    odds = ours.odds_of(*told)
    stable, canary = (arm.until_each_look() for arm in told)
    asked = ours.may_fail(stable, canary, odds)
    for place in zip(*np.nonzero(~asked[::3]), strict=True):
        assert ours.judged((stable, canary), SHARES[1], (3 * int(place[0]), int(place[1])), odds) != "Fail"


@pytest.mark.parametrize("shift", [0.0, 0.15, 0.4])
def test_the_quick_question_about_predictions_hides_none_that_are_unlike(shift: float) -> None:
    draw = np.random.default_rng(4)
    told = step((service(), service(shift=shift)), 10, SHARES[2], 6, draw, outages=False)
    stable, canary = (arm.until_each_look().predictions for arm in told)
    asked = may_be_unlike(stable, canary, ALPHA)
    for place in zip(*np.nonzero(~asked), strict=True):
        arms = (ours.histogram(PREDICTIONS, arm[place], 4) for arm in (stable, canary))
        assert least_distance(*arms, ALPHA) == 0
    assert shift or asked.mean() < 0.1


def test_flagger_turns_back_at_the_fifth_failed_check_and_argo_after_more_than_three() -> None:
    failed = np.array([[True], [False], [True], [True], [False], [True], [True]])
    nothing = np.zeros_like(failed)
    assert flagger(failed, nothing)[:, 0].tolist() == [False] * 6 + [True]
    assert argo(failed, nothing)[:, 0].tolist() == [False] * 5 + [True] * 2


def test_minutes_without_requests_fail_for_flagger_and_only_in_a_long_row_for_argo() -> None:
    nothing, failed = np.ones((5, 1), dtype=bool), np.zeros((5, 1), dtype=bool)
    assert flagger(failed, nothing)[:, 0].tolist() == argo(failed, nothing)[:, 0].tolist() == [False] * 4 + [True]
    nothing[2] = False
    assert not argo(failed, nothing).any()
