"""A rollout waits for its gates and for the end of a freeze, and a bad canary waits for neither."""

from __future__ import annotations

from typing import Any

import pytest

from sdep.api.status import GateAnswer, RolloutStatus
from sdep.rollout.gates import due, question, waits
from sdep.rollout.progress import advance
from sdep.rollout.transition import given_up
from sdep.rollout.trial import Trial
from tests.unit.rollout.trials import START, command, later, seen, trial, walk

NAMES = {"BeforeStart": "start", "BeforeStep": "step", "BeforePromotion": "end", "OnRollBack": "back"}
GATES = [{"name": name, "url": "http://gate.ops.svc/", "when": when} for when, name in NAMES.items()]
UNTIL = later(3600)
FREEZE = [{"from": START, "to": UNTIL}]


def gated(*when: str, **more: Any) -> Trial:  # noqa: ANN401 - any field
    return trial(gates=[gate for gate in GATES if gate["when"] in when], **more)


def said(name: str, code: int = 200, at: float = 0, message: str = "") -> GateAnswer:
    return GateAnswer(name=name, at=later(at), code=code, message=message or f"answers {code}")


def asked(under: Trial, status: RolloutStatus, at: float = 0) -> list[str]:
    return [gate.name for gate in due(under.spec, status, later(at))]


def test_before_the_first_step_both_kinds_of_gate_are_asked_and_the_canary_has_no_traffic() -> None:
    under = gated(*NAMES)
    assert asked(under, walk(under, (0, seen(answers=False)))) == []
    held = walk(under, (0, seen()))
    assert (held.phase, held.reason, held.weight, held.step_started_at) == ("Progressing", "GateClosed", 0, "")
    assert held.message == "gate start is asked; gate step is asked"
    assert asked(under, held) == ["start", "step"]
    opened = walk(under, (1, seen(gates=[said("start"), said("step")])), before=held)
    assert (opened.reason, opened.weight, opened.gates) == ("Analysing", 5, [])


def test_a_gate_that_opened_is_not_asked_again_even_after_a_restart_and_one_that_holds_is_each_interval() -> None:
    under = gated("BeforeStart", "BeforeStep")
    held = walk(
        under, (0, seen()), (1, seen(gates=[said("start", at=1), said("step", 403, 1, "answers 403: not yet")]))
    )
    stored = RolloutStatus.model_validate_json(held.model_dump_json(by_alias=True))
    assert (stored.reason, stored.message) == ("GateClosed", "gate step answers 403: not yet")
    assert asked(under, stored, 10) == []
    assert asked(under, stored, 11) == ["step"]
    assert walk(under, (12, seen(gates=[said("step", at=12)])), before=stored).weight == 5


def test_each_step_is_asked_for_anew_and_the_promotion_by_its_own_gate() -> None:
    under = gated("BeforeStep", "BeforePromotion")
    first = walk(under, (0, seen(gates=[said("step")])), (60, seen("Pass")))
    assert (first.step, first.weight, first.reason) == (0, 5, "GateClosed")
    assert asked(under, first, 60) == ["step"]
    second = walk(under, (61, seen("Pass", gates=[said("step", at=61)])), before=first)
    assert (second.step, second.weight, asked(under, second, 61)) == (1, 50, [])
    last = walk(under, (200, seen("Pass")), before=second)
    assert (last.phase, last.reason, asked(under, last, 200)) == ("Progressing", "GateClosed", ["end"])
    done = walk(under, (201, seen("Pass", gates=[said("end", at=201)])), before=last)
    assert (done.phase, done.weight) == ("Promoted", 100)


@pytest.mark.parametrize("code", [0, 302, 404, 500])
def test_whatever_is_no_2xx_holds(code: int) -> None:
    held = walk(gated("BeforeStart"), (0, seen(gates=[said("start", code)])))
    assert (held.reason, held.message) == ("GateClosed", f"gate start answers {code}")


def test_a_gate_is_not_asked_before_the_analysis_has_passed() -> None:
    under = gated("BeforeStep")
    step = walk(under, (0, seen(gates=[said("step")])), (60, seen("NoData")))
    assert (step.reason, asked(under, step, 60)) == ("Analysing", [])
    held = walk(under, (70, seen("Pass")), before=step)
    assert held.reason == "GateClosed"
    unclear = walk(under, (80, seen("NoData")), before=held)
    assert (unclear.reason, unclear.message) == ("Analysing", "step 1 of 2: 5 % of the traffic")


def test_a_gate_comes_before_a_person_who_may_go_past_it() -> None:
    steps = [{"weight": 5, "approval": "Manual"}, {"weight": 50}]
    under = gated("BeforeStep", steps=steps)
    held = walk(under, (0, seen(gates=[said("step")])), (60, seen("Pass")))
    assert (held.phase, held.reason) == ("Progressing", "GateClosed")
    waiting = walk(under, (61, seen("Pass", gates=[said("step", at=61)])), before=held)
    assert (waiting.phase, waiting.reason) == ("Paused", "AwaitingApproval")
    past = walk(under, (61, seen("Pass", command=command("promote"))), before=held)
    assert (past.step, past.weight) == (1, 50)


def test_a_policy_that_continues_waits_for_gates_too() -> None:
    under = gated("BeforeStep", analysis={"inconclusive": "Continue", "maxDuration": "2m"})
    held = walk(under, (0, seen(gates=[said("step")])), (120, seen("Inconclusive")))
    assert (held.step, held.reason) == (0, "GateClosed")


def test_a_bad_canary_is_turned_back_behind_a_closed_gate_and_in_a_freeze() -> None:
    behind = walk(gated("BeforeStep"), (0, seen(gates=[said("step")])), (60, seen("Pass")), (70, seen("Fail")))
    assert (behind.phase, behind.reason) == ("RolledBack", "AnalysisFailed")
    frozen = walk(trial(freeze=[{"from": later(10), "to": UNTIL}]), (0, seen()), (60, seen("Pass")), (70, seen("Fail")))
    assert (frozen.phase, frozen.reason) == ("RolledBack", "AnalysisFailed")


def test_who_is_to_know_of_a_rollback_is_told_once_and_holds_nothing() -> None:
    under = gated("OnRollBack")
    back = walk(under, (0, seen()), (30, seen("Fail")))
    assert (back.phase, back.weight) == ("RolledBack", 0)
    assert asked(under, back, 30) == ["back"]
    silent = walk(under, (31, seen(gates=[said("back", 0, 31)])), before=back)
    assert (asked(under, silent, 32), asked(under, silent, 41)) == ([], ["back"])
    assert waits(under.spec, silent, later(41))
    told = walk(under, (41, seen(gates=[said("back", 500, 41)])), before=silent)
    assert (asked(under, told, 99), waits(under.spec, told, later(99))) == ([], False)
    assert (told.phase, told.reason) == ("RolledBack", "AnalysisFailed")
    assert asked(under, silent, 700) == []


def test_an_answer_at_the_look_that_turns_back_is_kept() -> None:
    under = gated("OnRollBack")
    running = walk(under, (0, seen()))
    back = walk(under, (30, seen("Fail", gates=[said("back", at=30)])), before=running)
    assert asked(under, back, 99) == []


def test_a_canary_that_is_taken_away_is_told_of_as_turned_back() -> None:
    under = gated("OnRollBack")
    assert asked(under, given_up(walk(under, (0, seen())), "gone", later(5)), 5) == ["back"]


def test_in_a_freeze_no_step_is_entered_and_no_gate_asked() -> None:
    under = gated("BeforeStart", freeze=FREEZE)
    frozen = walk(under, (0, seen()), (1800, seen()))
    assert (frozen.phase, frozen.reason, frozen.weight) == ("Progressing", "Frozen", 0)
    assert frozen.message == f"frozen until {UNTIL}"
    assert asked(under, frozen, 1800) == []
    assert waits(under.spec, frozen, later(1800))
    assert walk(under, (3600, seen()), before=frozen).reason == "GateClosed"
    assert walk(under, (3600, seen(gates=[said("start", at=3600)])), before=frozen).weight == 5
    gone = walk(under, (1900, seen(answers=False)), before=frozen)
    assert (gone.reason, gone.message) == ("CanaryStarting", "waiting for pods of canary")


def test_in_a_freeze_the_running_step_lasts_and_nothing_is_promoted() -> None:
    under = trial(freeze=[{"from": later(10), "to": UNTIL}], steps=[{"weight": 50, "duration": "1m"}])
    frozen = walk(under, (0, seen()), (60, seen("Pass")), (1800, seen("Pass")))
    assert (frozen.phase, frozen.reason, frozen.weight) == ("Progressing", "Frozen", 50)
    assert walk(under, (3600, seen("Pass")), before=frozen).phase == "Promoted"


@pytest.mark.parametrize("verb", ["promote", "complete"])
def test_a_freeze_holds_for_people_too_and_they_are_told(verb: Any) -> None:  # noqa: ANN401 - a verb
    under = trial(freeze=FREEZE, steps=[{"weight": 50, "duration": "1m"}])
    told = walk(under, (0, seen()), (5, seen(command=command(verb, why="now"))), (6, seen(command=command(verb))))
    assert (told.phase, told.weight) == ("Progressing", 0)
    assert (told.history[0].by, told.history[0].what) == ("ann", f"{verb} refused (Frozen)")
    assert len(told.history) == 2


def test_a_person_may_abort_in_a_freeze() -> None:
    assert walk(trial(freeze=FREEZE), (0, seen()), (5, seen(command=command("abort")))).phase == "RolledBack"


def test_a_rollout_that_was_paused_before_its_first_step_stays_so() -> None:
    under = trial(freeze=FREEZE)
    paused = walk(under, (0, seen()), (5, seen(command=command("pause"))), (3601, seen()))
    assert (paused.phase, paused.weight) == ("Paused", 0)
    resumed = walk(under, (3602, seen(command=command("resume", at=later(3602)))), before=paused)
    assert (resumed.phase, resumed.weight) == ("Progressing", 5)


def test_a_look_with_the_same_answers_changes_nothing() -> None:
    under = gated("BeforeStart")
    answer = seen(gates=[said("start", 503)])
    once = walk(under, (0, answer))
    assert advance(under, once, answer, START) == once


def test_steps_that_were_taken_out_of_the_manifest_end_with_the_last_that_is_left() -> None:
    second = walk(trial(), (0, seen()), (60, seen("Pass")))
    assert second.step == 1
    done = walk(trial(steps=[{"weight": 5, "duration": "1m"}]), (120, seen("Pass")), before=second)
    assert done.phase == "Promoted"


@pytest.mark.parametrize(
    ("looks", "gate", "expected"),
    [
        ([(0, seen())], "start", {"step": 1, "weight": 5, "phase": "Progressing"}),
        ([(0, seen(gates=[said("start"), said("step")])), (60, seen("Pass"))], "step", {"step": 2, "weight": 50}),
    ],
)
def test_a_gate_is_told_what_it_would_let_happen(looks: list[Any], gate: str, expected: dict[str, object]) -> None:
    under = gated(*NAMES)
    status = walk(under, *looks)
    (which,) = [one for one in under.spec.gates if one.name == gate]
    sent = question("data", "prices", under.spec, status, which)
    assert sent | expected == sent
    assert (sent["namespace"], sent["name"], sent["gate"], sent["when"]) == ("data", "prices", gate, which.when)
    assert (sent["canary"], sent["stable"], sent["revision"], sent["steps"]) == ("canary", "main", "one", 2)


def test_the_promotion_and_the_rollback_are_told_with_their_weights_and_findings() -> None:
    under = gated("BeforePromotion", "OnRollBack")
    last = walk(under, (0, seen()), (60, seen("Pass")), (200, seen("Pass")))
    sent = question("data", "prices", under.spec, last, under.spec.gates[0])
    assert (sent["step"], sent["weight"], sent["findings"][0]["verdict"]) == (2, 100, "Pass")
    back = walk(under, (201, seen("Fail")), before=last)
    told = question("data", "prices", under.spec, back, under.spec.gates[1])
    assert (told["phase"], told["step"], told["weight"]) == ("RolledBack", 2, 0)
    assert (told["reason"], told["message"]) == ("AnalysisFailed", "it says Fail")
