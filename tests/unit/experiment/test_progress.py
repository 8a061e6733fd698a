"""How an experiment goes on, from look to look."""

from __future__ import annotations

import json

from sdep.api.experiment import ExperimentSpec
from sdep.api.experiment_status import ExperimentStatus
from sdep.evidence.evidence import Evidence
from sdep.experiment.arm import Arm, revision
from sdep.experiment.progress import begun, is_due, looked_at
from sdep.rollout.collect import Told
from tests.unit.experiment.arms import ARMS, asked, did, right
from tests.unit.rollout.trials import later

UIDS = {"pod-a", "pod-b"}


def look(spec: ExperimentSpec, before: ExperimentStatus, seconds: float, a: Evidence, b: Evidence) -> ExperimentStatus:
    told = [Told(f"pod-{name}", name, later(-60), found) for name, found in (("a", a), ("b", b))]
    return looked_at(spec, ARMS, before, told, UIDS, later(seconds))


def test_only_what_came_since_it_began_counts_and_a_winner_is_said_with_its_arms() -> None:
    spec = asked("correct")
    first = look(spec, begun(spec, ARMS, later(0)), 1, did(v1=right(0, 5000)), did(v2=right(0, 9000)))
    assert (first.phase, first.reason, first.arms[0].incorrect) == ("Running", "Collecting", 0)
    end = look(spec, first, 40, did(v1=right(600, 5400)), did(v2=right(800, 9200)))
    assert (end.phase, end.reason, end.winner, end.finished_at) == ("Decided", "WinnerDeclared", "b", later(40))
    assert [(arm.name, arm.correct, arm.incorrect) for arm in end.arms] == [("a", 600, 400), ("b", 800, 200)]
    assert end.message.startswith("b wins by correct: b: 80.0 % of 1,000 rows were right")
    assert not is_due(spec, end, later(4000))
    assert end.collected.pods == {}


def test_it_goes_on_after_a_restart_where_it_was() -> None:
    """The status alone is what a new operator knows."""
    spec = asked("correct")
    first = look(spec, begun(spec, ARMS, later(0)), 1, did(v1=right(10, 10)), did(v2=right(10, 10)))
    stored = ExperimentStatus.model_validate(
        json.loads(first.model_dump_json(by_alias=True)), by_alias=True, by_name=False
    )
    now = did(v1=right(60, 40)), did(v2=right(70, 30))
    assert look(spec, stored, 40, *now) == look(spec, first, 40, *now)


def test_it_is_asked_again_after_the_interval_alone() -> None:
    spec = asked("correct", interval="30s")
    first = begun(spec, ARMS, later(0))
    assert is_due(spec, first, later(0))
    second = look(spec, first, 1, did(), did())
    assert (is_due(spec, second, later(30)), is_due(spec, second, later(31))) == (False, True)


def test_a_time_that_is_over_ends_it_without_a_winner() -> None:
    spec = asked("correct", duration="1m")
    first = look(spec, begun(spec, ARMS, later(0)), 1, did(v1=right(0, 0)), did(v2=right(0, 0)))
    second = look(spec, first, 59, did(v1=right(60, 40)), did(v2=right(62, 38)))
    assert (second.phase, second.reason) == ("Running", "Undecided")
    end = look(spec, second, 60, did(v1=right(60, 40)), did(v2=right(62, 38)))
    assert (end.phase, end.reason, end.winner) == ("Ended", "NoWinner", "")
    assert end.message.startswith("1m are over: ")


def test_arms_that_are_alike_end_it_as_no_difference() -> None:
    spec = asked({"name": "correct", "margin": 2})
    first = look(spec, begun(spec, ARMS, later(0)), 1, did(v1=right(0, 0)), did(v2=right(0, 0)))
    end = look(spec, first, 40, did(v1=right(500_000, 500_000)), did(v2=right(500_000, 500_000)))
    assert (end.phase, end.reason) == ("Ended", "NoDifference")


def test_a_guardrail_that_is_not_clear_is_said_and_holds_the_winner_back() -> None:
    spec = asked("correct", guardrails=[{"name": "errors"}])
    first = look(spec, begun(spec, ARMS, later(0)), 1, did(), did())
    held = look(spec, first, 40, did(1000, v1=right(600, 400)), did(1000, 50, v2=right(800, 200)))
    assert (held.phase, held.reason, held.winner) == ("Running", "GuardrailUnclear", "")
    assert "b is better by correct, and may be worse otherwise: b: 5.0 % of 1,000 requests failed" in held.message


def test_other_arms_models_shares_or_metrics_are_another_experiment() -> None:
    """A change of the shares mixes old requests with new ones differently for each arm."""
    spec = asked("correct")
    same = revision(spec, ARMS)
    assert same == revision(asked("correct", interval="5s"), ARMS)
    others = [
        (spec, (ARMS[0], Arm("b", ("price:3",), 50))),
        (spec, (Arm("a", ("price:1",), 80), Arm("b", ("price:2",), 20))),
        (asked("errors"), ARMS),
        (asked("correct", guardrails=[{"name": "errors"}]), ARMS),
        (asked("correct", alpha=0.01), ARMS),
    ]
    assert len({same, *(revision(*other) for other in others)}) == 1 + len(others)


def test_the_status_keeps_no_more_of_a_pod_than_outcomes_need() -> None:
    spec, odd = asked("latency"), Evidence(requests=5, classes={"x": 5})
    found = look(spec, begun(spec, ARMS, later(0)), 1, odd, odd)
    assert found.collected.pods["pod-a"] == Evidence(requests=5)
