"""Rollouts as the reconciler sees them: what is on trial, what its pods tell, and how it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from sdep.api.drift_status import DriftStatus
from sdep.api.duration import seconds
from sdep.api.moment import seconds_between
from sdep.api.rollout import RolloutSpec
from sdep.api.rollout_annotation import rollout_of
from sdep.api.status import Collected, Finding, GateAnswer, RolloutStatus
from sdep.operator.decision import Sight
from sdep.operator.evidence import Asked, EvidenceDoor
from sdep.operator.gates import GateDoor, GateQuestion
from sdep.operator.pods_of import asked_of
from sdep.operator.queries import Queries
from sdep.operator.signatures import Checked, checked
from sdep.operator.store import ObjectName, Store
from sdep.plan import Plan
from sdep.rollout import last_look
from sdep.rollout.analysis import Look, analyse, unseen
from sdep.rollout.before_traffic import is_before_traffic
from sdep.rollout.collect import Side, Told, gathered
from sdep.rollout.command import read_command
from sdep.rollout.drifted import drifted
from sdep.rollout.gates import due, question, waits, with_answers
from sdep.rollout.progress import advance
from sdep.rollout.seen import Seen
from sdep.rollout.transition import ENDED, given_up
from sdep.rollout.trial import Trial, named_trial
from sdep.status.observation import PredictorObservation

_AT_ONCE_SECONDS = 0.1
"""When a rollout that has just changed is looked at again: what it decided may change what is desired."""


class Rollouts:
    def __init__(
        self, door: EvidenceDoor, queries: Queries, gates: GateDoor, store: Store, now: Callable[[], str]
    ) -> None:
        self._door = door
        self._queries = queries
        self._gates = gates
        self._store = store
        self._now = now

    async def advance(
        self,
        name: ObjectName,
        sight: Sight,
        followed: Trial | None,
        before: RolloutStatus | None,
        *,
        moved: bool,
        drift: Sequence[DriftStatus] = (),
    ) -> RolloutStatus | None:
        """The rollout as it is now; None where there is none. `moved`: this very look gives the stable predictor another model.

        `drift` is what drift detectors have found.
        """
        sdep, now = sight.plan.sdep, self._now()
        spec = rollout_of(sdep)
        if spec is None:
            self.forget(name)
            return None
        trial = followed or named_trial(sdep, sight.plan.pins)
        if trial is None:
            if before is None:
                return None
            status = given_up(before, "what was on trial is no longer asked for", now)
            return with_answers(status, await self._asked_of_gates(name, spec, status, now))
        collected, findings = await self._judged(name, sight.plan, trial, before, now)
        check = await self._checked(name, sight, trial, before)
        canary, stable = _observed(sight, trial.canary), _observed(sight, trial.stable)
        compared = [canary, *([_observed(sight, trial.baseline)] if trial.baseline else [])]
        seen = Seen(
            answers=all(seen is not None and _can_begin(seen, before) for seen in compared) and not check.awaited,
            broken=check.broken or (_broken(canary, before) if canary else ""),
            broken_reason=check.reason or "CanaryFailed",
            replaced=not moved and stable is not None and stable.rolled_out,
            findings=findings,
            collected=collected,
            command=read_command(sdep),
            drifted=drifted(sdep, trial, drift),
        )
        status = advance(trial, before, seen, now)
        if check.awaited and status.reason == "CanaryStarting":
            return status.model_copy(update={"message": check.awaited})
        answers = await self._asked_of_gates(name, spec, status, now)
        return advance(trial, before, replace(seen, gates=answers), now) if answers else status

    def forget(self, name: ObjectName) -> None:
        self._gates.forget(name)

    async def _asked_of_gates(
        self, name: ObjectName, spec: RolloutSpec, status: RolloutStatus, now: str
    ) -> list[GateAnswer]:
        """What gates say that it is time to ask; those that still think say it at a later look."""
        about = f"{status.revision} {status.phase} {status.step} {status.step_started_at}"
        return await self._gates.ask(
            name,
            [GateQuestion(gate, about, question(*name, spec, status, gate)) for gate in due(spec, status, now)],
        )

    async def _checked(self, name: ObjectName, sight: Sight, trial: Trial, before: RolloutStatus | None) -> Checked:
        """What is known of the inputs and input examples of both predictors, where the next thing is the first request to the canary."""
        canary, reference = _observed(sight, trial.canary), _observed(sight, trial.reference)
        if (
            trial.spec.analysis.signature == trial.spec.analysis.input_example == "Ignore"
            or not is_before_traffic(trial, before, read_command(sight.plan.sdep))
            or not (reference and reference.answers and canary and _can_begin(canary, before))
        ):
            return Checked()
        return await checked(self._door, sight.plan, trial, list(self._asked(name, sight.plan, trial)))

    async def _judged(
        self, name: ObjectName, plan: Plan, trial: Trial, before: RolloutStatus | None, now: str
    ) -> tuple[Collected, Sequence[Finding]]:
        """The evidence and what it says, anew where it is time for that."""
        if before is None or before.revision != trial.revision:
            return Collected(), ()
        collected, analysis = before.collected, trial.spec.analysis
        if before.phase in ENDED or not before.step_started_at or now < collected.since:
            return collected, before.findings
        last = last_look.due(trial, before, now)
        if collected.at and not last and seconds_between(collected.at, now) < seconds(analysis.interval):
            return collected, before.findings
        asked = list(self._asked(name, plan, trial))
        present = {one.uid for one in asked}
        (told, untold), (counts, answered) = await asyncio.gather(
            self._told(name, trial, asked, collected.since), self._queries.judged(name, trial, before, now)
        )
        last, looked = last and not untold, collected.last_look
        new = {"queries": counts, "last_look": now if last else looked}
        collected = gathered(collected, told, present, now).model_copy(update=new)
        share = None if before.mirror else 0.5 if trial.baseline else before.weight / 100
        steps = len(trial.spec.steps)
        look = Look(steps=steps, share=share, odds=collected.odds, last=last)
        # In a thread: a last look at many failures takes a second, in which others' objects are not to wait.
        compared = await asyncio.to_thread(analyse, analysis, collected.stable, collected.canary, look)
        compared = unseen(compared, untold) if untold else compared
        return collected, [*(last_look.standing(before.findings, compared) if looked else compared), *answered]

    async def _told(self, name: ObjectName, trial: Trial, asked: Sequence[Asked], since: str) -> tuple[list[Told], str]:
        """What pods did, by the source that the analysis names, and why that says nothing."""
        if trial.spec.analysis.source == "Prometheus":
            return await self._queries.told(name, trial, asked, since)
        return await self._door.tell(asked), ""

    def _asked(self, name: ObjectName, plan: Plan, trial: Trial) -> Iterator[Asked]:
        sides: dict[str, Side] = {trial.canary: "canary", trial.reference: "stable"}
        for predictor in plan.predictors:
            if predictor.name in sides:
                yield from asked_of(self._store.pods(name), plan, predictor, sides[predictor.name])


def next_look(sight: Sight, rollout: RolloutStatus | None, before: RolloutStatus | None, now: str) -> float | None:
    """Seconds until a rollout must be looked at again, or None to wait for a wake."""
    spec = rollout_of(sight.plan.sdep)
    if rollout is None or spec is None:
        return None
    if before is None or (rollout.phase, rollout.reason, rollout.step) != (before.phase, before.reason, before.step):
        return _AT_ONCE_SECONDS
    canary = _observed(sight, rollout.canary)
    awaited = bool(rollout.step_started_at or (canary and canary.answers))
    if (rollout.phase in ENDED or not awaited) and not waits(spec, rollout, now):
        return None
    return max(seconds(spec.analysis.interval), 1.0)


def soonest(*delays: float | None) -> float | None:
    return min((delay for delay in delays if delay is not None), default=None)


def _observed(sight: Sight, predictor: str) -> PredictorObservation | None:
    return next((seen for seen in sight.observed if seen.name == predictor), None)


def _can_begin(canary: PredictorObservation, before: RolloutStatus | None) -> bool:
    """Nothing is said of a version by the pods of the one before: a first step waits until all are new."""
    return canary.answers if before and before.step_started_at else canary.rolled_out


def _broken(canary: PredictorObservation, before: RolloutStatus | None) -> str:
    """Why the canary never will answer, or no longer does although it did; "" while there is hope."""
    began = before is not None and bool(before.step_started_at)
    trouble = canary.trouble.message if canary.trouble else ""
    if canary.given_up and not (began and canary.answers):
        return trouble or f"the pods of {canary.name} did not start within progressDeadlineSeconds"
    return trouble if began and not canary.answers else ""
