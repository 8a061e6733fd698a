"""How an experiment goes on: from what it was, what its pods told and the time, what it is now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from sdep.api.duration import seconds
from sdep.api.experiment import ExperimentSpec
from sdep.api.experiment_status import ArmsEvidence, ExperimentStatus
from sdep.api.moment import seconds_between
from sdep.evidence.histogram import Histogram
from sdep.experiment.arm import Arm, known, revision, status
from sdep.experiment.findings import Compared, judged
from sdep.experiment.winner import best, doubts
from sdep.rollout.collect import Told, grown


def begun(spec: ExperimentSpec, arms: Sequence[Arm], now: str) -> ExperimentStatus:
    """With no evidence: what was counted of other arms, or of other models, tells nothing."""
    return ExperimentStatus(
        phase="Running",
        reason="Collecting",
        message=f"{_names(arms)} are compared from now on",
        goal=spec.goal.name,
        revision=revision(spec, arms),
        started_at=now,
        arms=[status(found) for found in known(arms, {})],
        collected=ArmsEvidence(since=now),
    )


def nothing_to_compare(spec: ExperimentSpec, before: ExperimentStatus | None) -> ExperimentStatus:
    """Fewer than two of its predictors are there; what it came to before stays."""
    if before and before.phase != "Running":
        return before
    message = "fewer than two of the predictors that are to be compared are there"
    return ExperimentStatus(phase="Running", reason="TooFewArms", message=message, goal=spec.goal.name)


def is_due(spec: ExperimentSpec, before: ExperimentStatus, now: str) -> bool:
    """Whether it is time to ask the pods again."""
    last = before.collected.at
    return before.phase == "Running" and (not last or seconds_between(last, now) >= seconds(spec.interval))


def looked_at(
    spec: ExperimentSpec,
    arms: Sequence[Arm],
    before: ExperimentStatus,
    told: Iterable[Told],
    present: Collection[str],
    now: str,
) -> ExperimentStatus:
    """One look at an experiment that runs; its evidence begins with the first. What it comes to is said once, and stays."""
    last = before.collected
    since = last.since if last.at else now
    sums, pods = grown(last.arms, last.pods, since, map(_lean, told), present)
    found = known(arms, sums)
    compared = judged(spec, found)
    seen = before.model_copy(
        update={
            "arms": [status(one) for one in found],
            "findings": [one.finding for one in compared],
            "collected": ArmsEvidence(since=since, at=now, arms=sums, pods=pods),
        }
    )
    return _concluded(spec, arms, seen, compared, now)


def _lean(told: Told) -> Told:
    """Without what no outcome is of: the status has room for many pods."""
    evidence = told.evidence.model_copy(update={"predictions": Histogram(), "classes": {}})
    return replace(told, evidence=evidence)


def _concluded(
    spec: ExperimentSpec, arms: Sequence[Arm], seen: ExperimentStatus, found: Sequence[Compared], now: str
) -> ExperimentStatus:
    goal = [one.finding for one in found if one.finding.metric == spec.goal.name]
    said = "; ".join(finding.message for finding in goal)
    arm = best(spec, [arm.name for arm in arms], found)
    held = doubts(spec, arm, found) if arm else []
    if arm and not held:
        return _ended(seen, now, "Decided", "WinnerDeclared", f"{arm} wins by {spec.goal.name}: {said}", arm)
    if goal and all(finding.verdict == "Alike" for finding in goal):
        return _ended(seen, now, "Ended", "NoDifference", said)
    if held:
        worst = "; ".join(one.finding.message for one in held)
        reason, message = (
            "GuardrailUnclear",
            f"{arm} is better by {spec.goal.name}, and may be worse otherwise: {worst}",
        )
    elif any(finding.verdict == "NoData" for finding in goal):
        reason, message = "Collecting", said
    else:
        reason, message = "Undecided", said
    if spec.duration is not None and seconds_between(seen.started_at, now) >= seconds(spec.duration):
        return _ended(seen, now, "Ended", "NoWinner", f"{spec.duration} are over: {message}")
    return seen.model_copy(update={"reason": reason, "message": message})


def _ended(
    seen: ExperimentStatus, now: str, phase: str, reason: str, message: str, winner: str = ""
) -> ExperimentStatus:
    """What each pod told is not needed any more; the report stays for people to read."""
    new = {"phase": phase, "reason": reason, "message": message, "winner": winner, "finished_at": now}
    return seen.model_copy(update={**new, "collected": seen.collected.model_copy(update={"pods": {}})})


def _names(arms: Sequence[Arm]) -> str:
    return " and ".join(arm.name for arm in arms)
