"""How a rollout goes on: from what it was, what was seen, what was said and the time, what it is now."""

from __future__ import annotations

from sdep.api.duration import seconds
from sdep.api.freeze import frozen_until
from sdep.api.moment import seconds_between
from sdep.api.rollout import Policy
from sdep.api.status import RolloutStatus
from sdep.rollout.analysis import verdict
from sdep.rollout.drifted import DRIFT_DETECTED
from sdep.rollout.follow import REPLACING
from sdep.rollout.gates import FROZEN, GATE_CLOSED, closed, said_of, with_answers
from sdep.rollout.obedience import obeyed
from sdep.rollout.seen import Seen
from sdep.rollout.transition import ANALYSIS, ENDED, begun, entered, next_step, paused, rolled_back, said, waiting
from sdep.rollout.trial import Trial


def advance(trial: Trial, before: RolloutStatus | None, seen: Seen, now: str) -> RolloutStatus:
    """One look. Equal arguments give equal results, so a look that is made again after a restart changes nothing."""
    if before is None or before.revision != trial.revision:  # what is seen yet are pods of the version before
        return begun(trial, before, seen, now)
    status = with_answers(before, seen.gates)
    status = obeyed(trial, status, seen, now)
    if status.phase in ENDED:
        return _settled(trial, status, seen)
    return _looked_at(trial, status, seen, now)


def _looked_at(trial: Trial, status: RolloutStatus, seen: Seen, now: str) -> RolloutStatus:
    if seen.broken:
        return rolled_back(status, now, ANALYSIS, seen.broken_reason, seen.broken)
    if not status.step_started_at:
        return _started(trial, status, seen, now)
    status = status.model_copy(update={"findings": list(seen.findings), "collected": seen.collected})
    found = verdict(seen.findings)
    if found == "Fail":
        why = "; ".join(
            finding.message for finding in seen.findings if finding.verdict == "Fail" and not finding.dry_run
        )
        return rolled_back(status, now, ANALYSIS, "AnalysisFailed", why)
    return _drifted(status, seen, now) or (status if status.phase == "Paused" else _gone_on(trial, status, found, now))


def _drifted(status: RolloutStatus, seen: Seen, now: str) -> RolloutStatus | None:
    """What a window of the canary's that is not like its reference data makes of it; None where there is none that counts."""
    drifted = seen.drifted
    if drifted is None or not drifted.counts(status):
        return None
    if drifted.action == "RollBack":
        return rolled_back(status, now, ANALYSIS, DRIFT_DETECTED, drifted.message)
    return None if status.phase == "Paused" else paused(status, now, ANALYSIS, DRIFT_DETECTED, drifted.message)


def _settled(trial: Trial, status: RolloutStatus, seen: Seen) -> RolloutStatus:
    """A canary that was made goes once the stable predictor serves what was promoted."""
    if status.reason == REPLACING and seen.replaced:
        message = f"{trial.stable} serves what {trial.canary} was tried with"
        return status.model_copy(update={"reason": "Promoted", "message": message, "weight": 0})
    return status


def _started(trial: Trial, status: RolloutStatus, seen: Seen, now: str) -> RolloutStatus:
    if status.phase == "Paused":
        return status
    if not seen.answers:
        return _free(status, "CanaryStarting", waiting(trial))
    return _held(trial, status, now) or entered(trial, status, status.step, now)


def _gone_on(trial: Trial, status: RolloutStatus, found: str, now: str) -> RolloutStatus:
    """A step whose time is over goes on when it passed, nothing freezes it, and every gate is open; then a person may be asked."""
    number, of = min(status.step, len(trial.spec.steps) - 1), len(trial.spec.steps)
    step, spent = trial.spec.steps[number], seconds_between(status.step_started_at, now)
    on = _free(status, "Analysing", said(step, number, of))
    if spent < seconds(step.duration):
        return on
    if step.approval == "Manual":
        waits = "this step waits for `sdep promote`"
        return _held(trial, status, now) or paused(status, now, ANALYSIS, "AwaitingApproval", waits)
    if found == "Pass" or (found == "Inconclusive" and number + 1 < of):  # the next step tells more, and faster
        return _held(trial, status, now) or next_step(trial, status, now, ANALYSIS, _passed(status, found))
    if spent < seconds(trial.spec.analysis.max_duration):
        return on
    return _unclear(trial, status, found, now)


def _passed(status: RolloutStatus, found: str) -> str:
    if found == "Inconclusive":
        return "no metric failed"
    if not status.findings:
        return "its time is over"
    return "every metric passed by the last look" if status.collected.last_look else "every metric passed"


def _held(trial: Trial, status: RolloutStatus, now: str) -> RolloutStatus | None:
    """What stands in the way of what is next; None where nothing does."""
    if until := frozen_until(trial.spec.freeze, now):
        return status.model_copy(update={"reason": FROZEN, "message": f"frozen until {until}"})
    if waits := closed(trial.spec, status):
        return status.model_copy(update={"reason": GATE_CLOSED, "message": said_of(waits, status)})
    return None


def _free(status: RolloutStatus, reason: str, message: str) -> RolloutStatus:
    """What held it a moment ago is not what it waits for now."""
    if status.reason not in {FROZEN, GATE_CLOSED}:
        return status
    return status.model_copy(update={"reason": reason, "message": message})


def _unclear(trial: Trial, status: RolloutStatus, found: str, now: str) -> RolloutStatus:
    """What the analysis could not decide within its time."""
    analysis = trial.spec.analysis
    policy: Policy = analysis.no_data if found == "NoData" else analysis.inconclusive
    why = "; ".join(f.message for f in status.findings if f.verdict == found) or "there is no evidence"
    if policy == "RollBack":
        return rolled_back(status, now, ANALYSIS, found, why)
    if policy == "Continue":
        return _held(trial, status, now) or next_step(trial, status, now, ANALYSIS, why)
    return paused(status, now, ANALYSIS, found, why)
