"""What a rollout becomes: a trial that begins, a step that is entered, a pause, an end. Each is written into its history."""

from __future__ import annotations

from sdep.api.duration import seconds
from sdep.api.moment import after
from sdep.api.predictor import WHOLE
from sdep.api.rollout import Step
from sdep.api.status import Collected, Decided, RolloutStatus
from sdep.rollout.follow import REPLACING
from sdep.rollout.seen import Seen
from sdep.rollout.trial import Trial

HISTORY_LENGTH = 20
ANALYSIS = "analysis"
"""Who decides where no person does."""
ENDED = frozenset({"Promoted", "RolledBack"})


def begun(trial: Trial, before: RolloutStatus | None, seen: Seen, now: str) -> RolloutStatus:
    """A new trial. It has no weight until the canary answers; a command that was given before it is not meant."""
    what = f"trial of {trial.canary} ({trial.revision}) began"
    return RolloutStatus(
        phase="Progressing",
        reason="CanaryStarting",
        message=waiting(trial),
        canary=trial.canary,
        stable=trial.stable,
        baseline=trial.baseline,
        revision=trial.revision,
        steps=len(trial.spec.steps),
        started_at=now,
        command=seen.command.id if seen.command else "",
        history=remembered(before, Decided(at=now, by=ANALYSIS, what=what)),
    )


def waiting(trial: Trial) -> str:
    both = f"{trial.canary} and {trial.baseline}" if trial.baseline else trial.canary
    return f"waiting for pods of {both}"


def entered(trial: Trial, status: RolloutStatus, number: int, now: str) -> RolloutStatus:
    """A step begins with no evidence: each is judged by its own. What the looks before said of odds counts on."""
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
            "collected": Collected(since=after(now, seconds(trial.spec.analysis.delay)), odds=status.collected.odds),
        }
    )


def said(step: Step, number: int, of: int) -> str:
    share = f"{step.mirror} % mirrored" if step.mirror else f"{step.weight or 0} % of the traffic"
    return f"step {number + 1} of {of}: {share}"


def next_step(trial: Trial, status: RolloutStatus, now: str, by: str, why: str) -> RolloutStatus:
    if status.step + 1 >= len(trial.spec.steps):
        return promoted(trial, status, now, by, why)
    told = decided(status, now, by, f"step {status.step + 1} of {len(trial.spec.steps)} passed", why)
    return entered(trial, told, status.step + 1, now)


def paused(status: RolloutStatus, now: str, by: str, reason: str, why: str) -> RolloutStatus:
    return decided(status, now, by, f"paused ({reason})", why).model_copy(
        update={"phase": "Paused", "reason": reason, "message": why}
    )


def promoted(trial: Trial, status: RolloutStatus, now: str, by: str, why: str) -> RolloutStatus:
    reason = REPLACING if trial.follows else "Promoted"
    message = f"{trial.canary} has all the traffic of {trial.stable}"
    return _ended(decided(status, now, by, "promoted", why), now, "Promoted", reason, message, weight=WHOLE)


def rolled_back(status: RolloutStatus, now: str, by: str, reason: str, why: str) -> RolloutStatus:
    return _ended(decided(status, now, by, f"rolled back ({reason})", why), now, "RolledBack", reason, why, weight=0)


def given_up(before: RolloutStatus, why: str, now: str) -> RolloutStatus:
    """The end of a rollout whose subject is gone."""
    return before if before.phase in ENDED else rolled_back(before, now, ANALYSIS, "Superseded", why)


def _ended(status: RolloutStatus, now: str, phase: str, reason: str, message: str, *, weight: int) -> RolloutStatus:
    """What each pod told is not needed any more; the evidence stays for people to read."""
    collected = status.collected.model_copy(update={"pods": {}})
    new = {"phase": phase, "reason": reason, "message": message, "weight": weight, "mirror": 0, "finished_at": now}
    return status.model_copy(update={**new, "collected": collected})


def decided(status: RolloutStatus, now: str, by: str, what: str, why: str) -> RolloutStatus:
    return status.model_copy(update={"history": remembered(status, Decided(at=now, by=by, what=what, why=why))})


def remembered(before: RolloutStatus | None, *decided: Decided) -> list[Decided]:
    """Newest first."""
    return [*decided, *(before.history if before else ())][:HISTORY_LENGTH]
