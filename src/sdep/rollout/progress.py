"""How a rollout goes on: from what it was, what was seen, what was said and the time, what it is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sdep.api.duration import seconds
from sdep.api.moment import after, seconds_between
from sdep.api.predictor import WHOLE
from sdep.api.rollout import Policy, Step
from sdep.api.status import Collected, Decided, Finding, RolloutStatus
from sdep.rollout.analysis.analyse import verdict
from sdep.rollout.command import Command
from sdep.rollout.follow import REPLACING
from sdep.rollout.trial import Trial

HISTORY_LENGTH = 20
ANALYSIS = "analysis"
"""Who decides where no person does."""
ENDED = frozenset({"Promoted", "RolledBack"})


@dataclass(frozen=True)
class Seen:
    """`answers`: the canary can be sent requests. `broken`: why it never will be, or no longer is. `findings` are of the current step.

    `replaced`: a stable predictor that follows runs what was promoted.
    """

    answers: bool
    broken: str = ""
    broken_reason: str = "CanaryFailed"
    replaced: bool = False
    findings: Sequence[Finding] = ()
    collected: Collected = field(default_factory=Collected)
    command: Command | None = None


def advance(trial: Trial, before: RolloutStatus | None, seen: Seen, now: str) -> RolloutStatus:
    """One look. Equal arguments give equal results, so a look that is made again after a restart changes nothing."""
    status = before if before and before.revision == trial.revision else begun(trial, before, seen, now)
    status = _obeyed(trial, status, seen, now)
    if status.phase in ENDED:
        return _settled(trial, status, seen)
    if seen.broken:
        return _rolled_back(status, now, ANALYSIS, seen.broken_reason, seen.broken)
    if not status.step_started_at:
        return _entered(trial, status, status.step, now) if seen.answers else status
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
        message=f"waiting for pods of {trial.canary}",
        canary=trial.canary,
        stable=trial.stable,
        revision=trial.revision,
        steps=len(trial.spec.steps),
        started_at=now,
        command=seen.command.id if seen.command else "",
        history=remembered(before, Decided(at=now, by=ANALYSIS, what=what)),
    )


def remembered(before: RolloutStatus | None, *decided: Decided) -> list[Decided]:
    """Newest first."""
    return [*decided, *(before.history if before else ())][:HISTORY_LENGTH]


def given_up(before: RolloutStatus, why: str, now: str) -> RolloutStatus:
    """The end of a rollout whose subject is gone."""
    return before if before.phase in ENDED else _rolled_back(before, now, ANALYSIS, "Superseded", why)


def _obeyed(trial: Trial, status: RolloutStatus, seen: Seen, now: str) -> RolloutStatus:
    command = seen.command
    if command is None or command.id == status.command:
        return status
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
        new = _decided(status, now, by, "resumed", why).model_copy(
            update={"phase": "Progressing", "reason": "Analysing", "message": ""}
        )
    return new.model_copy(update={"command": command.id})


def _settled(trial: Trial, status: RolloutStatus, seen: Seen) -> RolloutStatus:
    """A canary that was made goes once the stable predictor serves what was promoted."""
    if status.reason == REPLACING and seen.replaced:
        message = f"{trial.stable} serves what {trial.canary} was tried with"
        return status.model_copy(update={"reason": "Promoted", "message": message, "weight": 0})
    return status


def _gone_on(trial: Trial, status: RolloutStatus, found: str, now: str) -> RolloutStatus:
    step, spent = trial.spec.steps[status.step], seconds_between(status.step_started_at, now)
    if spent < seconds(step.duration):
        return status
    if step.approval == "Manual":
        return _paused(status, now, ANALYSIS, "AwaitingApproval", "this step waits for `sdep promote`")
    if found == "Pass":
        return _next(trial, status, now, ANALYSIS, "every metric passed" if status.findings else "its time is over")
    if spent < seconds(trial.spec.analysis.max_duration):
        return status
    return _unclear(trial, status, found, now)


def _unclear(trial: Trial, status: RolloutStatus, found: str, now: str) -> RolloutStatus:
    """What the analysis could not decide within its time."""
    analysis = trial.spec.analysis
    policy: Policy = analysis.no_data if found == "NoData" else analysis.inconclusive
    why = "; ".join(f.message for f in status.findings if f.verdict == found) or "there is no evidence"
    if policy == "RollBack":
        return _rolled_back(status, now, ANALYSIS, found, why)
    if policy == "Continue":
        return _next(trial, status, now, ANALYSIS, why)
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
