"""Drift of a canary pauses its rollout or turns it back; that of the stable predictor does neither."""

from __future__ import annotations

from sdep.api.drift_status import DriftJudged, DriftStatus
from sdep.rollout.drifted import Drifted, drifted
from tests.unit.rollout.trials import START, command, later, predictor, sdep, seen, trial, walk


def window(action: str, since: float, at: float) -> Drifted:
    return Drifted(action, later(since), later(at), "canary: gas is 40 % off")  # type: ignore[arg-type] - a literal


def test_roll_back_turns_the_canary_back_with_its_reason() -> None:
    """The window's own words are the rollout's message."""
    back = walk(trial(), (0, seen()), (40, seen("Pass", drifted=window("RollBack", 10, 40))))
    assert (back.phase, back.reason, back.weight) == ("RolledBack", "DriftDetected", 0)
    assert back.message == "canary: gas is 40 % off"


def test_pause_holds_it_until_a_person_says_so_and_the_same_window_does_not_pause_it_again() -> None:
    """Who resumes has seen the window; the next one that drifts pauses it again."""
    first = window("PauseRollout", 10, 40)
    held = walk(trial(), (0, seen()), (40, seen("Pass", drifted=first)), (70, seen("Pass", drifted=first)))
    assert (held.phase, held.reason, held.step) == ("Paused", "DriftDetected", 0)
    resume = command("resume", at=later(75))
    on = walk(
        trial(), (80, seen(drifted=first, command=resume)), (81, seen(drifted=first, command=resume)), before=held
    )
    assert on.phase == "Progressing"
    again = walk(trial(), (99, seen(drifted=window("PauseRollout", 40, 99), command=resume)), before=on)
    assert again.phase == "Paused"


def test_a_window_from_before_the_trial_does_not_count() -> None:
    """What a version before saw says nothing of this one."""
    assert walk(trial(), (0, seen()), (40, seen(drifted=window("RollBack", -10, 5)))).phase == "Progressing"


def found(name: str, reason: str) -> DriftStatus:
    return DriftStatus(predictor=name, reason=reason, message="m", windows=[DriftJudged(since=START, at=later(60))])


def test_only_the_canarys_own_detector_acts() -> None:
    """A model that was trained anew is what helps where the stable predictor's inputs have drifted."""
    acts = {"driftDetector": {"onDrift": "RollBack"}}
    written = sdep(predictor("main", **acts), predictor("canary", **acts), rollout={"canary": "canary"})
    assert drifted(written, trial(), [found("main", "FeaturesDrifted"), found("canary", "NoDrift")]) is None
    acted = drifted(written, trial(), [found("canary", "PredictionsDrifted")])
    assert acted == Drifted("RollBack", START, later(60), "canary: m")
    reports = sdep(predictor("main"), predictor("canary", driftDetector={}), rollout={"canary": "canary"})
    assert drifted(reports, trial(), [found("canary", "FeaturesDrifted")]) is None
