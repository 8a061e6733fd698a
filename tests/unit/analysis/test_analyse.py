"""What evidence says of a canary, and what a person is told of it."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sdep.api.rollout import Analysis, Metric
from sdep.api.status import Finding
from sdep.evidence.evidence import Evidence
from sdep.evidence.histogram import of
from sdep.rollout.analysis import Look, analyse, verdict

EVERY = Analysis(metrics=[Metric(name=name) for name in ("errors", "refusals", "latency", "predictions")])


def answered(requests: int, seed: int, *, errors: float = 0.01, slower: float = 1, shift: float = 0) -> Evidence:
    """So many requests to a service whose answers are numbers about 10, and take some 50 ms."""
    draw = random.Random(seed)  # noqa: S311 - a test draws the same every time
    right = [draw.random() >= errors for _ in range(requests)]
    return Evidence(
        requests=requests,
        errors=right.count(False),
        latency=of((slower * draw.lognormvariate(-3, 0.5) for good in right if good), 2),
        predictions=of(draw.gauss(10 + shift, 1) for good in right if good),
    )


def judged(
    stable: Evidence, canary: Evidence, analysis: Analysis = EVERY, share: float | None = None
) -> dict[str, Finding]:
    return {finding.metric: finding for finding in analyse(analysis, stable, canary, Look(steps=3, share=share))}


def test_a_canary_like_the_stable_predictor_passes_by_every_measure() -> None:
    found = judged(answered(40_000, 1), answered(10_000, 2))
    assert {name: finding.verdict for name, finding in found.items()} == dict.fromkeys(found, "Pass")


@pytest.mark.parametrize(
    ("measure", "worse"),
    [("errors", {"errors": 0.2}), ("latency", {"slower": 3}), ("predictions", {"shift": 1})],
)
def test_a_clear_failure_is_seen_after_two_hundred_requests(measure: str, worse: dict[str, float]) -> None:
    found = judged(answered(200, 1), answered(200, 2, **worse))
    assert {name for name, finding in found.items() if finding.verdict == "Fail"} == {measure}
    finding = found[measure]
    assert finding.low is not None
    assert finding.estimate is not None
    assert 0 < finding.low < finding.estimate


def test_a_better_canary_never_fails() -> None:
    found = judged(answered(5000, 1, errors=0.2, slower=3), answered(5000, 2, errors=0.01))
    assert found["errors"].verdict == found["latency"].verdict == "Pass"


COUNTS = st.integers(0, 3000)
TOLD = st.builds(
    Evidence,
    requests=COUNTS,
    errors=COUNTS,
    refusals=COUNTS,
    latency=st.lists(st.floats(0, 1e4), max_size=120).map(lambda seconds: of(seconds, 2)),
    predictions=st.lists(st.floats(-1e9, 1e9) | st.sampled_from([0.0, 1.0]), max_size=120).map(of),
    classes=st.dictionaries(st.sampled_from("abcdefgh"), COUNTS),
)


@settings(deadline=None)  # a busy machine is no failure
@given(TOLD, TOLD, st.none() | st.floats(0, 1))
@example(Evidence(), Evidence(requests=1), 2.3e-308)
def test_any_evidence_gets_a_verdict_whose_estimate_lies_between_its_bounds(
    stable: Evidence, canary: Evidence, share: float | None
) -> None:
    for finding in analyse(EVERY, stable, canary, Look(steps=3, share=share)):
        assert finding.message
        for low, high in pairwise(
            value for value in (finding.low, finding.estimate, finding.high) if value is not None
        ):
            assert finding.metric == "split" or low <= high + 1e-6


def test_dry_runs_are_judged_and_take_nothing_from_the_others() -> None:
    stable, canary = answered(2000, 1), answered(2000, 2, errors=0.03)
    alone = Analysis(metrics=[Metric(name="errors")])
    beside = Analysis(metrics=[Metric(name="errors"), Metric(name="latency", dry_run=True)])
    found = judged(stable, canary, beside)
    assert found["errors"] == judged(stable, canary, alone)["errors"]
    assert (found["latency"].dry_run, found["latency"].estimate is not None) == (True, True)


def test_more_metrics_and_more_steps_ask_for_more_evidence_of_a_failure() -> None:
    stable, canary = answered(2000, 1), answered(2000, 2, errors=0.03)
    lows = [
        analyse(Analysis(metrics=metrics), stable, canary, Look(steps=steps, share=None))[0].low or 0
        for metrics, steps in (([Metric(name="errors")], 1), ([Metric(name="errors")], 5), (EVERY.metrics, 5))
    ]
    assert lows == sorted(lows, reverse=True)
    assert len(set(lows)) == 3


def test_of_numbers_and_classes_the_worse_is_told() -> None:
    stable, canary = (
        Evidence(requests=2000, predictions=of([1.0, 2.0] * 1000), classes={"cat": cats, "dog": 2000 - cats})
        for cats in (1000, 1400)
    )
    finding = judged(stable, canary)["predictions"]
    assert finding.verdict == "Fail"
    assert finding.message.startswith("2,000 classes predicted by the canary and 2,000 by the stable predictor are ")


def test_predictors_that_answer_different_kinds_cannot_be_compared() -> None:
    stable, canary = Evidence(requests=500, predictions=of([1.0] * 500)), Evidence(requests=500, classes={"cat": 500})
    assert judged(stable, canary)["predictions"].verdict == "NoData"


def test_an_arm_with_few_requests_has_no_data_and_says_how_many_are_wanted() -> None:
    finding = judged(answered(5000, 1), answered(49, 2))["errors"]
    assert (finding.verdict, finding.samples, finding.stable_samples) == ("NoData", 49, 5000)
    assert finding.message == (
        "49 requests to the canary and 5,000 to the stable predictor: nothing is judged before 50 of each"
    )


def test_people_are_told_the_numbers_in_one_sentence() -> None:
    stable, canary = Evidence(requests=8210, errors=82), Evidence(requests=420, errors=21)
    finding = judged(stable, canary, Analysis(metrics=[Metric(name="errors", margin=1)]))["errors"]
    assert finding.message == (
        "5.0 % of 420 requests failed, 1.0 % of 8,210 at the stable predictor: "
        f"worse by 4.0 points ({finding.low:.1f} to {finding.high:.1f}), more than the 1 allowed"
    )


def test_a_slow_canary_is_told_by_a_quantile_that_its_requests_are_enough_for() -> None:
    stable, canary = (Evidence(requests=100, latency=of([seconds] * 95 + [1.5] * 5, 2)) for seconds in (0.12, 0.36))
    finding = judged(stable, canary)["latency"]
    assert finding.verdict == "Fail"
    assert finding.message == (
        "50 % of 100 requests took up to 360 ms, of 100 at the stable predictor up to 120 ms: "
        f"worse by 200.0 % ({finding.low:.1f} to {finding.high:,.1f}), more than the 25 allowed"
    )


def test_the_verdict_is_the_worst_of_what_is_no_dry_run() -> None:
    def finding(said: str, *, dry: bool = False) -> Finding:
        return Finding.model_validate({"metric": "errors", "verdict": said, "dryRun": dry})

    assert verdict([]) == "Pass"
    assert verdict([finding("Pass"), finding("Fail", dry=True)]) == "Pass"
    assert verdict([finding("Pass"), finding("NoData")]) == "NoData"
    assert verdict([finding("NoData"), finding("Inconclusive")]) == "Inconclusive"
    assert verdict([finding("Inconclusive"), finding("Fail")]) == "Fail"


def test_a_split_that_is_off_leaves_nothing_clear() -> None:
    found = judged(answered(10_000, 1), answered(10_000, 2), share=0.25)
    assert {finding.verdict for finding in found.values()} == {"Inconclusive"}
    assert "50.0 % of 20,000 requests instead of 25 %" in found["latency"].message


def test_a_canary_that_fails_and_is_avoided_for_it_still_fails() -> None:
    found = judged(answered(9_700, 1), answered(300, 2, errors=0.3), share=0.25)
    assert (found["split"].verdict, found["errors"].verdict, found["latency"].verdict) == (
        "Inconclusive",
        "Fail",
        "Inconclusive",
    )


def test_a_split_that_is_roughly_right_is_trusted() -> None:
    assert "split" not in judged(answered(8_000, 1), answered(2_000, 2), share=0.25)
    assert "split" not in judged(answered(8_000, 1), answered(100, 2))
