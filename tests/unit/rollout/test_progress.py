"""A rollout goes on by evidence, time and what people say, and by nothing else."""

from __future__ import annotations

import pytest

from sdep.api.status import Collected, RolloutStatus
from sdep.evidence.evidence import Evidence
from sdep.rollout.progress import advance
from sdep.rollout.seen import Seen
from sdep.rollout.transition import HISTORY_LENGTH, given_up
from tests.unit.rollout.trials import START, command, finding, later, seen, trial, walk


def test_a_canary_that_does_not_answer_yet_has_no_traffic_and_its_time_does_not_run() -> None:
    waiting = walk(trial(), (0, seen(answers=False)), (500, seen(answers=False)))
    assert (waiting.phase, waiting.reason, waiting.weight) == ("Progressing", "CanaryStarting", 0)
    begun = walk(trial(), (501, seen()), before=waiting)
    assert (begun.weight, begun.step_started_at, begun.started_at) == (5, later(501), START)


def test_a_canary_that_passes_every_step_is_promoted() -> None:
    looks = [(0, seen()), (30, seen("Pass")), (60, seen("Pass"))]
    second = walk(trial(), *looks)
    assert (second.step, second.weight, second.findings) == (1, 50, [])
    done = walk(trial(), (179, seen("Pass")), (180, seen("Pass")), before=second)
    assert (done.phase, done.weight, done.finished_at) == ("Promoted", 100, later(180))
    assert [decided.what for decided in done.history] == [
        "promoted",
        "step 1 of 2 passed",
        "trial of canary (one) began",
    ]


def test_a_look_that_is_made_again_after_a_restart_changes_nothing() -> None:
    status = walk(trial(), (0, seen()), (30, seen("Pass")))
    stored = RolloutStatus.model_validate_json(status.model_dump_json(by_alias=True))
    assert advance(trial(), stored, seen("Pass"), later(30)) == status


@pytest.mark.parametrize("second", [1, 30, 179])
def test_a_failed_metric_turns_the_canary_back_at_once(second: int) -> None:
    back = walk(trial(), (0, seen()), (second, seen("Pass", "Fail")))
    assert (back.phase, back.reason, back.weight) == ("RolledBack", "AnalysisFailed", 0)
    assert back.message == "it says Fail"
    assert walk(trial(), (999, seen("Pass")), before=back) == back


def test_a_dry_run_that_fails_changes_nothing() -> None:
    dry = Seen(answers=True, findings=[finding("Fail", dryRun=True), finding("Pass")])
    assert walk(trial(), (0, seen()), (60, dry)).step == 1


def test_a_paused_canary_is_still_turned_back() -> None:
    paused = walk(trial(), (0, seen()), (5, seen("Pass", command=command("pause"))))
    assert paused.phase == "Paused"
    assert walk(trial(), (99, seen("Pass")), before=paused).phase == "Paused"
    assert walk(trial(), (99, seen("Fail")), before=paused).phase == "RolledBack"


def test_an_early_step_in_which_nothing_failed_goes_on_when_its_time_is_over() -> None:
    on = walk(trial(), (0, seen()), (59, seen("Inconclusive")), (60, seen("Inconclusive", "Pass")))
    assert (on.step, on.history[0].why) == (1, "no metric failed")


@pytest.mark.parametrize(
    ("verdict", "policy", "field", "phase"),
    [
        ("Inconclusive", "Hold", "inconclusive", "Paused"),
        ("Inconclusive", "RollBack", "inconclusive", "RolledBack"),
        ("Inconclusive", "Continue", "inconclusive", "Promoted"),
        ("NoData", "Hold", "noData", "Paused"),
        ("NoData", "RollBack", "noData", "RolledBack"),
        ("NoData", "Continue", "noData", "Promoted"),
    ],
)
def test_what_the_analysis_cannot_decide_in_the_last_step_ends_as_the_manifest_says(
    verdict: str, policy: str, field: str, phase: str
) -> None:
    under = trial(analysis={field: policy, "maxDuration": "5m"}, steps=[{"weight": 5}])
    before = walk(under, (0, seen()), (299, seen(verdict)))
    assert (before.phase, before.step) == ("Progressing", 0)
    after = walk(under, (300, seen(verdict)), before=before)
    assert after.phase == phase
    assert after.history[0].why == f"it says {verdict}"


def test_an_early_step_waits_for_requests() -> None:
    under = trial(analysis={"noData": "Continue", "maxDuration": "5m"})
    assert walk(under, (0, seen()), (299, seen("NoData"))).step == 0
    assert walk(under, (0, seen()), (300, seen("NoData"))).step == 1


def test_a_step_with_manual_approval_waits_for_a_person() -> None:
    under = trial(steps=[{"weight": 5, "duration": "1m", "approval": "Manual"}, {"weight": 50}])
    waiting = walk(under, (0, seen()), (60, seen("Pass")), (9999, seen("Pass")))
    assert (waiting.phase, waiting.reason, waiting.weight) == ("Paused", "AwaitingApproval", 5)
    told = walk(under, (10000, seen("Pass", command=command("promote", why="looks good"))), before=waiting)
    assert (told.phase, told.step, told.weight) == ("Progressing", 1, 50)
    assert (told.history[0].by, told.history[0].why) == ("ann", "looks good")


def test_a_mirror_step_sends_copies_and_no_share() -> None:
    under = trial(steps=[{"mirror": 100}, {"weight": 50}])
    first = walk(under, (0, seen()))
    assert (first.weight, first.mirror) == (0, 100)
    second = walk(under, (60, seen("Pass")), before=first)
    assert (second.weight, second.mirror) == (50, 0)


def test_each_command_is_obeyed_once() -> None:
    told = seen(command=command("promote"))
    status = walk(trial(), (0, seen()), (5, told), (6, told), (7, told))
    assert (status.step, status.phase) == (1, "Progressing")


def test_a_command_that_was_given_before_the_trial_is_not_meant() -> None:
    assert (
        walk(trial(), (0, seen(command=command("abort"))), (1, seen(command=command("abort")))).phase == "Progressing"
    )


def test_abort_turns_back_and_retry_tries_again() -> None:
    aborted = walk(trial(), (0, seen()), (5, seen(command=command("abort", why="not today"))))
    assert (aborted.phase, aborted.reason, aborted.message, aborted.weight) == ("RolledBack", "Aborted", "not today", 0)
    again = command("retry", at="2026-01-01T00:01:00Z")
    retried = walk(trial(), (60, seen(command=again)), (61, seen(command=again)), before=aborted)
    assert (retried.phase, retried.step, retried.weight) == ("Progressing", 0, 5)
    assert [decided.what for decided in retried.history[:3]] == [
        "retried",
        "trial of canary (one) began",
        "rolled back (Aborted)",
    ]


def test_complete_promotes_without_further_steps() -> None:
    assert walk(trial(), (0, seen()), (5, seen(command=command("complete")))).phase == "Promoted"


def test_resume_goes_on_where_it_paused() -> None:
    paused = walk(trial(), (0, seen()), (5, seen(command=command("pause"))))
    on = command("resume", at="2026-01-01T00:02:00Z")
    assert walk(trial(), (70, seen("Pass", command=on)), before=paused).step == 1


def test_a_canary_that_never_starts_or_breaks_down_is_turned_back_with_the_containers_words() -> None:
    back = walk(trial(), (0, seen(answers=False)), (600, seen(answers=False, broken="container m: out of memory")))
    assert (back.phase, back.reason, back.message) == ("RolledBack", "CanaryFailed", "container m: out of memory")


def test_another_revision_is_another_trial_with_the_history_of_the_last() -> None:
    back = walk(trial(), (0, seen()), (1, seen("Fail")))
    new = walk(trial("two"), (100, seen()), before=back)
    assert (new.phase, new.revision, new.step, new.findings) == ("Progressing", "two", 0, [])
    assert new.history[1].what == "rolled back (AnalysisFailed)"


def test_a_canary_that_was_made_goes_when_its_model_is_served_by_the_stable_predictor() -> None:
    under = trial(follows=True)
    told = walk(under, (0, seen()), (5, seen(command=command("complete"))), (6, seen()))
    assert (told.phase, told.reason, told.weight) == ("Promoted", "Replacing", 100)
    done = walk(under, (20, seen(replaced=True)), before=told)
    assert (done.phase, done.reason, done.weight) == ("Promoted", "Promoted", 0)


def test_a_rollout_whose_subject_is_gone_ends_and_an_ended_one_stays() -> None:
    running = walk(trial(), (0, seen()))
    assert given_up(running, "gone", later(5)).reason == "Superseded"
    ended = walk(trial(), (0, seen()), (1, seen("Fail")))
    assert given_up(ended, "gone", later(5)) == ended


def test_the_history_is_bounded_and_what_pods_told_last_is_dropped_at_the_end() -> None:
    collected = Collected(stable=Evidence(requests=9), pods={"a": Evidence(requests=9)})
    status = walk(trial(), (0, seen()))
    for number in range(30):
        status = walk(trial(f"r{number}"), (number, seen()), before=status)
    assert len(status.history) == HISTORY_LENGTH
    last = trial("r29")
    ended = walk(last, (31, seen("Fail", collected=collected)), before=status)
    assert (ended.collected.stable.requests, ended.collected.pods) == (9, {})


def test_evidence_of_a_step_counts_after_its_delay() -> None:
    first = walk(trial(analysis={"delay": "20s"}), (0, seen()))
    assert first.collected.since == later(20)


def test_what_looks_said_of_odds_counts_on_in_the_next_step_and_not_in_the_next_trial() -> None:
    collected = Collected(since=START, odds={"errors": [1.0, 2.0]})
    status = walk(trial(), (0, seen()), (61, seen("Pass", collected=collected)))
    assert (status.step, status.collected.odds, status.collected.stable.requests) == (1, {"errors": [1.0, 2.0]}, 0)
    again = command("retry", at="2026-01-01T00:03:00Z")
    failed = walk(trial(), (90, seen("Fail", collected=collected)), before=status)
    assert walk(trial(), (180, seen(command=again)), (181, seen()), before=failed).collected.odds == {}
