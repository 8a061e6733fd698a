"""How a rollout goes on: from what it was, what was seen, what was said and the time, what it is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sdep.api.duration import seconds
from sdep.api.freeze import frozen_until
from sdep.api.moment import after, seconds_between
from sdep.api.predictor import WHOLE
from sdep.api.rollout import Policy, Step
from sdep.api.status import Collected, Decided, Finding, GateAnswer, RolloutStatus
from sdep.rollout.analysis import verdict
from sdep.rollout.command import Command
from sdep.rollout.follow import REPLACING
from sdep.rollout.gates import FROZEN, GATE_CLOSED, closed, said_of, with_answers
from sdep.rollout.trial import Trial

HISTORY_LENGTH = 20
ANALYSIS = "analysis"
"""Who decides where no person does."""
ENDED = frozenset({"Promoted", "RolledBack"})
_FORBIDDEN_IN_A_FREEZE = frozenset({"promote", "complete"})


@dataclass(frozen=True)
class Seen:
    """`answers`: the canary can be sent requests. `broken`: why it never will be, or no longer is. `findings` are of the current step.

    `replaced`: a stable predictor that follows runs what was promoted. `gates`: what those say that were asked for this look.
    """

    answers: bool
    broken: str = ""
    broken_reason: str = "CanaryFailed"
    replaced: bool = False
    findings: Sequence[Finding] = ()
    collected: Collected = field(default_factory=Collected)
    command: Command | None = None
    gates: Sequence[GateAnswer] = ()


def advance(trial: Trial, before: RolloutStatus | None, seen: Seen, now: str) -> RolloutStatus:
    """One look. Equal arguments give equal results, so a look that is made again after a restart changes nothing."""
    if before is None or before.revision != trial.revision:  # what is seen yet are pods of the version before
        return begun(trial, before, seen, now)
    status = with_answers(before, seen.gates)
    status = _obeyed(trial, status, seen, now)
    if status.phase in ENDED:
        return _settled(trial, status, seen)
    return _looked_at(trial, status, seen, now)


def _looked_at(trial: Trial, status: RolloutStatus, seen: Seen, now: str) -> RolloutStatus:
    if seen.broken:
        return _rolled_back(status, now, ANALYSIS, seen.broken_reason, seen.broken)
    if not status.step_started_at:
        return _started(trial, status, seen, now)
    status = status.model_copy(update={"findings": list(seen.findings), "collected": seen.collected})
    found = verdict(seen.findings)
    if found == "Fail":
        why = "; ".join(
            finding.message for finding in seen.findings if finding.verdict == "Fail" and not finding.dry_run
        )
        return _rolled_back(status, now, ANALYSIS, "AnalysisFailed", why)
    if status.phase == "Paused":
        return status
    return _gone_on(trial, status, found, now)


def begun(trial: Trial, before: RolloutStatus | None, seen: Seen, now: str) -> RolloutStatus:
    """A new trial. It has no weight until the canary answers; a command that was given before it is not meant."""
    what = f"trial of {trial.canary} ({trial.revision}) began"
    return RolloutStatus(
        phase="Progressing",
        reason="CanaryStarting",
        message=_waiting(trial),
        canary=trial.canary,
        stable=trial.stable,
        revision=trial.revision,
        steps=len(trial.spec.steps),
        started_at=now,
        command=seen.command.id if seen.command else "",
        history=remembered(before, Decided(at=now, by=ANALYSIS, what=what)),
    )


def _waiting(trial: Trial) -> str:
    return f"waiting for pods of {trial.canary}"


def remembered(before: RolloutStatus | None, *decided: Decided) -> list[Decided]:
    """Newest first."""
    return [*decided, *(before.history if before else ())][:HISTORY_LENGTH]


def given_up(before: RolloutStatus, why: str, now: str) -> RolloutStatus:
    """The end of a rollout whose subject is gone."""
    return before if before.phase in ENDED else _rolled_back(before, now, ANALYSIS, "Superseded", why)


def _obeyed(trial: Trial, status: RolloutStatus, seen: Seen, now: str) -> RolloutStatus:
    """A freeze holds for people too: who means to go on takes the window out of the manifest."""
    command = seen.command
    if command is None or command.id == status.command:
        return status
    until = frozen_until(trial.spec.freeze, now)
    if until and command.verb in _FORBIDDEN_IN_A_FREEZE and status.phase not in ENDED:
        by = command.by or "somebody"
        told = _decided(status, now, by, refused(command.verb), command.why)
        new = told.model_copy(update={"message": f"{by} may not {command.verb} it: frozen until {until}"})
    else:
        new = _done(trial, status, command, seen, now)
    return new.model_copy(update={"command": command.id})


def refused(verb: str) -> str:
    """What the history says of a command that a freeze forbids."""
    return f"{verb} refused ({FROZEN})"


def _done(trial: Trial, status: RolloutStatus, command: Command, seen: Seen, now: str) -> RolloutStatus:
    by, why, ended = command.by or "somebody", command.why, status.phase in ENDED
    new = status
    if command.verb == "retry" and status.phase == "RolledBack":
        again = begun(trial, status, seen, now)
        new = _decided(again, now, by, "retried", why)
    elif command.verb == "complete" and not ended:
        new = _promoted(trial, status, now, by, why)
    elif command.verb == "abort" and not ended:
        new = _rolled_back(status, now, by, "Aborted", why or f"{by} aborted it")
    elif command.verb == "promote" and not ended:
        new = _next(trial, status, now, by, why)
    elif command.verb == "pause" and status.phase == "Progressing":
        new = _paused(status, now, by, "Paused", why or f"{by} paused it")
    elif command.verb == "resume" and status.phase == "Paused":
        reason = "Analysing" if status.step_started_at else "CanaryStarting"
        new = _decided(status, now, by, "resumed", why).model_copy(
            update={"phase": "Progressing", "reason": reason, "message": ""}
        )
    return new


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
        return _free(status, "CanaryStarting", _waiting(trial))
    return _held(trial, status, now) or _entered(trial, status, status.step, now)


def _gone_on(trial: Trial, status: RolloutStatus, found: str, now: str) -> RolloutStatus:
    """A step whose time is over goes on when it passed, nothing freezes it, and every gate is open; then a person may be asked."""
    number, of = min(status.step, len(trial.spec.steps) - 1), len(trial.spec.steps)
    step, spent = trial.spec.steps[number], seconds_between(status.step_started_at, now)
    on = _free(status, "Analysing", said(step, number, of))
    if spent < seconds(step.duration):
        return on
    if step.approval == "Manual":
        waits = "this step waits for `sdep promote`"
        return _held(trial, status, now) or _paused(status, now, ANALYSIS, "AwaitingApproval", waits)
    if found == "Pass" or (found == "Inconclusive" and number + 1 < of):  # the next step tells more, and faster
        return _held(trial, status, now) or _next(trial, status, now, ANALYSIS, _passed(status, found))
    if spent < seconds(trial.spec.analysis.max_duration):
        return on
    return _unclear(trial, status, found, now)


def _passed(status: RolloutStatus, found: str) -> str:
    if found == "Inconclusive":
        return "no metric failed"
    return "every metric passed" if status.findings else "its time is over"


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
        return _rolled_back(status, now, ANALYSIS, found, why)
    if policy == "Continue":
        return _held(trial, status, now) or _next(trial, status, now, ANALYSIS, why)
    return _paused(status, now, ANALYSIS, found, why)


def _next(trial: Trial, status: RolloutStatus, now: str, by: str, why: str) -> RolloutStatus:
    if status.step + 1 >= len(trial.spec.steps):
        return _promoted(trial, status, now, by, why)
    told = _decided(status, now, by, f"step {status.step + 1} of {len(trial.spec.steps)} passed", why)
    return _entered(trial, told, status.step + 1, now)


def _entered(trial: Trial, status: RolloutStatus, number: int, now: str) -> RolloutStatus:
    """A step begins with no evidence: each is judged by its own."""
    step = trial.spec.steps[number]
    return status.model_copy(
        update={
            "phase": "Progressing",
            "reason": "Analysing",
            "message": said(step, number, len(trial.spec.steps)),
            "step": number,
            "weight": step.weight or 0,
            "mirror": step.mirror or 0,
            "step_started_at": now,
            "findings": [],
            "gates": [],
            "collected": Collected(since=after(now, seconds(trial.spec.analysis.delay))),
        }
    )


def said(step: Step, number: int, of: int) -> str:
    share = f"{step.mirror} % mirrored" if step.mirror else f"{step.weight or 0} % of the traffic"
    return f"step {number + 1} of {of}: {share}"


def _paused(status: RolloutStatus, now: str, by: str, reason: str, why: str) -> RolloutStatus:
    return _decided(status, now, by, f"paused ({reason})", why).model_copy(
        update={"phase": "Paused", "reason": reason, "message": why}
    )


def _promoted(trial: Trial, status: RolloutStatus, now: str, by: str, why: str) -> RolloutStatus:
    reason = REPLACING if trial.follows else "Promoted"
    message = f"{trial.canary} has all the traffic of {trial.stable}"
    return _ended(_decided(status, now, by, "promoted", why), now, "Promoted", reason, message, weight=WHOLE)


def _rolled_back(status: RolloutStatus, now: str, by: str, reason: str, why: str) -> RolloutStatus:
    return _ended(_decided(status, now, by, f"rolled back ({reason})", why), now, "RolledBack", reason, why, weight=0)


def _ended(status: RolloutStatus, now: str, phase: str, reason: str, message: str, *, weight: int) -> RolloutStatus:
    """What each pod told is not needed any more; the evidence stays for people to read."""
    collected = status.collected.model_copy(update={"pods": {}})
    new = {"phase": phase, "reason": reason, "message": message, "weight": weight, "mirror": 0, "finished_at": now}
    return status.model_copy(update={**new, "collected": collected})


def _decided(status: RolloutStatus, now: str, by: str, what: str, why: str) -> RolloutStatus:
    return status.model_copy(update={"history": remembered(status, Decided(at=now, by=by, what=what, why=why))})
