"""What is said of arms, and when one of them has won."""

from __future__ import annotations

import random

import pytest

from sdep.evidence import histogram
from sdep.evidence.evidence import Evidence
from sdep.evidence.truth import Truth
from sdep.experiment.arm import Arm, Known
from sdep.experiment.findings import Compared, judged
from sdep.experiment.outcomes import reversed_interval
from sdep.experiment.winner import best, doubts
from sdep.rollout.analysis.interval import Interval
from tests.unit.experiment.arms import ARMS, asked, did, right, seen


def one(found: list[Compared], metric: str = "correct") -> Compared:
    return next(compared for compared in found if compared.finding.metric == metric)


def test_an_arm_that_is_right_more_often_wins_and_the_sentence_has_the_numbers() -> None:
    spec = asked("correct")
    found = judged(spec, seen(did(v1=right(600, 400)), did(v2=right(800, 200))))
    finding = one(found).finding
    assert (finding.verdict, best(spec, ["a", "b"], found)) == ("Better", "b")
    assert finding.estimate == pytest.approx(-20)
    assert "80.0 % of 1,000 rows were right" in finding.message
    assert "b is better by 20.0 points" in finding.message


def test_the_first_arm_can_win_too() -> None:
    spec = asked("correct")
    found = judged(spec, seen(did(v1=right(800, 200)), did(v2=right(600, 400))))
    assert (one(found).finding.verdict, best(spec, ["a", "b"], found)) == ("Worse", "a")


def test_feedback_counts_for_the_arm_whose_model_it_names_wherever_it_came() -> None:
    """A gateway sends feedback to any predictor: all of it came to a here."""
    spec = asked("correct")
    found = judged(spec, seen(did(v1=right(600, 400), v2=right(800, 200)), did()))
    assert (one(found).finding.verdict, one(found).finding.samples) == ("Better", 1000)


def test_feedback_of_arms_with_one_model_can_not_be_told_apart() -> None:
    arms = Arm("a", ("price:1",), 50), Arm("b", ("price:1",), 50)
    finding = one(judged(asked("correct"), seen(did(v1=right(900, 100)), did(v1=right(1, 999)), arms=arms))).finding
    assert finding.verdict == "NoData"
    assert "none that another arm has not too" in finding.message


def test_nothing_is_said_before_there_are_samples_of_both() -> None:
    finding = one(judged(asked("correct", minSamples=100), seen(did(v1=right(99, 0)), did(v2=right(0, 500))))).finding
    assert finding.verdict == "NoData"
    assert "99 of a and 500 of b; nothing is judged before 100" in finding.message


def test_a_small_difference_is_not_clear_and_one_within_the_margin_makes_arms_alike() -> None:
    few = did(v1=right(500, 500)), did(v2=right(510, 490))
    many = did(v1=right(500_000, 500_000)), did(v2=right(500_100, 499_900))
    spec = asked({"name": "correct", "margin": 2})
    assert one(judged(spec, seen(*few))).finding.verdict == "Inconclusive"
    assert one(judged(spec, seen(*many))).finding.verdict == "Alike"


@pytest.mark.parametrize(
    ("goal", "worse", "better"),
    [
        ("errors", did(2000, 200), did(2000, 20)),
        ("latency", did(2000, seconds=0.05), did(2000, seconds=0.01)),
        ("reward", did(v1=Truth(rewarded=1000, reward=300.0)), did(v2=Truth(rewarded=1000, reward=412.5))),
        (
            "absoluteError",
            did(v1=Truth(correct=1000, distances=histogram.of([2.0, 3.0] * 500, 2))),
            did(v2=Truth(correct=1000, distances=histogram.of([1.0, 1.5] * 500, 2))),
        ),
    ],
)
def test_every_outcome_finds_its_winner(goal: str, worse: Evidence, better: Evidence) -> None:
    spec = asked(goal)
    found = judged(spec, seen(worse, better))
    assert best(spec, ["a", "b"], found) == "b", one(found, goal).finding.message


def test_rewards_beyond_one_are_not_judged() -> None:
    """Without bounds of what a reward may be, no mean is sure."""
    told = did(v1=Truth(rewarded=1000, reward=10.0, strange=1)), did(v2=Truth(rewarded=1000, reward=990.0))
    finding = one(judged(asked("reward"), seen(*told)), "reward").finding
    assert finding.verdict == "NoData"
    assert "1 rewards of a were not from 0 to 1" in finding.message


def test_a_better_arm_that_may_be_slower_has_not_won() -> None:
    spec = asked("correct", guardrails=[{"name": "latency"}, {"name": "errors"}])
    slower = judged(spec, seen(did(5000, v1=right(600, 400)), did(5000, seconds=0.02, v2=right(800, 200))))
    alike = judged(spec, seen(did(5000, v1=right(600, 400)), did(5000, v2=right(800, 200))))
    assert (best(spec, ["a", "b"], slower), best(spec, ["a", "b"], alike)) == ("b", "b")
    assert [held.finding.metric for held in doubts(spec, "b", slower)] == ["latency"]
    assert doubts(spec, "b", alike) == []


def test_of_three_arms_one_must_beat_both_others() -> None:
    arms = (*ARMS, Arm("c", ("price:3",), 0))
    spec = asked("correct")

    def compared(third: Truth) -> list[Compared]:
        return judged(spec, seen(did(v1=right(600, 400)), did(v2=right(800, 200)), did(v3=third), arms=arms))

    assert best(spec, ["a", "b", "c"], compared(right(810, 190))) == ""
    assert best(spec, ["a", "b", "c"], compared(right(950, 50))) == "c"
    assert best(spec, ["a", "b", "c"], compared(right(300, 700))) == "b"


def test_arms_that_got_another_share_than_they_should_are_not_trusted() -> None:
    spec = asked("errors")
    finding = one(judged(spec, seen(did(9000, 900), did(3000, 3))), "errors").finding
    assert finding.verdict == "Inconclusive"
    assert "b got 25.0 % of the 12,000 requests to both instead of 50 %" in finding.message
    assert best(spec, ["a", "b"], judged(spec, seen(did(9000, 900), did(3000, 3)))) == ""


def test_what_the_reference_is_worse_by_is_the_opposite() -> None:
    points = reversed_interval(Interval(2, 1, 4), "points")
    percent = reversed_interval(Interval(100, 25, float("inf")), "percent")
    assert (points.estimate, points.low, points.high) == (-2, -4, -1)
    assert (percent.estimate, percent.low, percent.high) == (pytest.approx(-50), -100, pytest.approx(-20))


def _walked(chances: tuple[float, float], draws: random.Random, looks: int, each: int) -> str:
    """The first winner among so many looks at arms with these chances of being right."""
    spec, counts = asked("correct", minSamples=1), [[0, 0], [0, 0]]
    for _ in range(looks):
        for arm, chance in zip(counts, chances, strict=True):
            hits = sum(draws.random() < chance for _ in range(each))
            arm[0] += hits
            arm[1] += each - hits
        arms: list[Known] = seen(did(v1=right(*counts[0])), did(v2=right(*counts[1])))
        if won := best(spec, ["a", "b"], judged(spec, arms)):
            return won
    return ""


def test_alike_arms_have_no_winner_however_often_one_looks() -> None:
    """400 experiments, 20 looks each: of all, at most alpha have a winner that is none."""
    draws = random.Random(7)  # noqa: S311 - a simulation
    wrong = sum(bool(_walked((0.7, 0.7), draws, 20, 25)) for _ in range(400))
    assert wrong <= 0.05 * 400


def test_a_better_arm_is_found_nearly_always() -> None:
    draws = random.Random(7)  # noqa: S311 - a simulation
    found = [_walked((0.6, 0.8), draws, 20, 25) for _ in range(50)]
    assert found.count("b") >= 45
    assert "a" not in found
