"""The one entry: look at a SeldonDeployment and do what there is to do, whatever woke it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sdep.admission.judge import judge
from sdep.api.defaults import with_defaults
from sdep.api.problem import Problem
from sdep.api.seldon_deployment import Metadata, SeldonDeployment, SeldonDeploymentSpec, parse
from sdep.api.status import Condition, Status
from sdep.errors import InvalidError, LeavingError
from sdep.operator.announce import announce
from sdep.operator.applying import Applied, Applying
from sdep.operator.context import Context
from sdep.operator.decision import Decision, Sight, Trials, decide, look, said, unrouted
from sdep.operator.drifts import next_drift_look
from sdep.operator.experiments import next_telling
from sdep.operator.rollouts import next_look, soonest
from sdep.operator.store import ObjectName
from sdep.registry.pin import Pinning, pin_models
from sdep.rollout.baseline import answers_with_baseline, with_baseline
from sdep.rollout.follow import followed
from sdep.rollout.trial import Trial
from sdep.status import conditions
from sdep.status.summary import failed, previous, summarise

Body = Mapping[str, Any]
_RETRY_SECONDS = 30.0
"""How soon what the API server refused is tried again: no watch tells when a name or a kind becomes free."""
_AFTER_OWN_WRITES_SECONDS = 0.1
"""What was seen before children were written is looked at once more; news of them that comes sooner is looked at instead."""


@dataclass(frozen=True)
class _Asked:
    """What is asked for now, and what is there of it. `written` is the manifest without the predictors of its rollout."""

    written: SeldonDeployment
    trial: Trial | None
    pinning: Pinning
    sight: Sight


class Reconciler:
    """Level-based: what is done depends on what is there, never on what happened."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._applying = Applying(context.cluster, context.store, context.settings.drain_seconds)
        self._leaving: dict[ObjectName, str] = {}

    async def reconcile(self, name: ObjectName) -> float | None:
        """Seconds until another look is needed, or None to wait for a wake."""
        body = self._context.store.sdeps.get(name)
        if body is None or body["metadata"].get("deletionTimestamp"):
            self._forget(name)
            return None
        if self._leaving.get(name) == body["metadata"]["uid"]:
            return None
        try:
            return await self._look(name, body)
        except LeavingError:  # its children are deleted one kind after the other, and every one of them wakes us
            self._leaving[name] = body["metadata"]["uid"]
            return None

    def _forget(self, name: ObjectName) -> None:
        self._context.questions.forget(name)
        self._context.rollouts.forget(name)
        self._context.examples.forget(name)
        self._context.comparisons.forget(name)
        self._context.drifts.forget(name)
        self._context.lineage.gone(name)
        self._context.served.forget(name)
        self._applying.forget(name)
        self._leaving.pop(name, None)

    async def _look(self, name: ObjectName, body: Body) -> float | None:
        try:
            sdep = parse(body)
        except InvalidError as error:
            await self._refuse(_bare(body), [Problem("error", error.reason, "manifest", error.message)])
            return None
        sdep = with_defaults(sdep)
        found = judge(sdep, self._context.settings)
        if any(problem.severity == "error" for problem in found):
            await self._refuse(sdep, found)
            return None
        return await self._act(name, sdep, found)

    async def _act(self, name: ObjectName, sdep: SeldonDeployment, found: tuple[Problem, ...]) -> float | None:
        context, before = self._context, previous(sdep)
        asked = await self._asked(name, sdep, before)
        decision = await self._decide(name, asked, before)
        acted_on, now = asked.sight.plan.sdep, context.now
        if not decision.plan.predictors:
            told = said(decision, name, context.store, found, ())
            await self._report(acted_on, failed(acted_on, told, now()), asked.pinning)
            return None
        applied = await self._applying.apply(name, decision)
        for reason, message in applied.done:
            context.events.emit(acted_on, "Normal", reason, message)
        if applied.done and before is None and not context.calm.is_set():
            # Others wait for their children: the first report is that of the next look.
            return _AFTER_OWN_WRITES_SECONDS
        if applied.held:
            decision = unrouted(decision)
        context.served.tell(name, decision)
        told = said(decision, name, context.store, found, applied.foreign)
        status = await self._status(name, decision, told, before)
        await self._report(acted_on, status, asked.pinning)
        return soonest(
            _after(applied),
            self._applying.unheard_seconds() if decision.asked != decision.plan.weights else None,
            next_look(asked.sight, decision.trials.rollout, before.rollout if before else None, now()),
            next_telling(sdep, decision.trials.experiment),
            context.comparisons.next_look(name, status.comparisons),
            next_drift_look(asked.sight.plan),
        )

    async def _asked(self, name: ObjectName, written: SeldonDeployment, before: Status | None) -> _Asked:
        """With the predictors that its rollout has made, and the version of each model that is to be served."""
        context, known = self._context, before.rollout if before else None
        pins = before.models if before else ()
        follow = followed(written, await context.questions.answers(written), pins, known)
        sdep = with_baseline(follow.sdep, known)
        pinning = pin_models(sdep, answers_with_baseline(follow.answers, pins, known), pins, context.now())
        sight = look(name, sdep, pinning, context.store, context.settings)
        return _Asked(written, follow.trial, pinning, sight)

    async def _decide(self, name: ObjectName, asked: _Asked, before: Status | None) -> Decision:
        context, sight, trial = self._context, asked.sight, asked.trial
        known = before.rollout if before else None
        moved = any(trial and new.predictor == trial.stable for _, new in asked.pinning.moves)
        drift = await context.drifts.look(name, sight.plan, before.drift if before else ())
        rollout = await context.rollouts.advance(name, sight, trial, known, moved=moved, drift=drift)
        experiment = await context.experiments.look(name, asked.written, sight, before.experiment if before else None)
        unanswered = context.examples.failed(name, sight)
        heard_of = _routed(before) if before and self._applying.unheard_seconds() else None
        return decide(sight, asked.pinning, Trials(rollout, drift, experiment, unanswered), heard_of)

    async def _status(
        self, name: ObjectName, decision: Decision, told: Sequence[Condition], before: Status | None
    ) -> Status:
        context, plan = self._context, decision.plan
        status = summarise(plan, decision.asked, decision.observed, decision.desired, told, context.now())
        status = status.model_copy(
            update={
                "rollout": decision.trials.rollout,
                "drift": decision.trials.drift,
                "experiment": decision.trials.experiment,
                "comparisons": await context.comparisons.look(name, decision, before.comparisons if before else ()),
            }
        )
        return status.model_copy(update={"lineage": context.lineage.told(plan.sdep, status, before)})

    async def _refuse(self, sdep: SeldonDeployment, found: Sequence[Problem]) -> None:
        await self._report(sdep, failed(sdep, [conditions.spec_valid(found)], self._context.now()), None)

    async def _report(self, sdep: SeldonDeployment, status: Status, pinning: Pinning | None) -> None:
        """Write the status where it differs from the stored one, and say as events what is new in it."""
        stored = (sdep.model_extra or {}).get("status")
        new = status.model_dump(mode="json", by_alias=True, exclude_none=True)
        if new == stored:
            return
        written = await self._context.cluster.replace_status(*sdep.key, new)
        if written:
            self._context.store.put_sdep(written)
        announce(
            self._context.events, self._context.notices, sdep, previous(sdep), status, pinning.moves if pinning else ()
        )


def _routed(status: Status) -> set[str]:
    """The predictors that requests were sent to when the status was written."""
    return {entry.name for entry in status.predictors if entry.traffic and not entry.shadow}


def _after(applied: Applied) -> float | None:
    """Seconds until what could not be done, or what was just done, is looked at again."""
    if applied.wait is not None:
        return applied.wait
    if applied.foreign:
        return _RETRY_SECONDS
    return _AFTER_OWN_WRITES_SECONDS if applied.done else None


def _bare(body: Body) -> SeldonDeployment:
    """Enough of an unreadable manifest to say on it that it is unreadable."""
    metadata = Metadata.model_validate(body["metadata"], by_alias=True, by_name=False)
    bare = SeldonDeployment(
        api_version=body["apiVersion"],
        kind="SeldonDeployment",
        metadata=metadata,
        spec=SeldonDeploymentSpec(predictors=[]),
    )
    return SeldonDeployment.model_validate({**bare.to_manifest(), "status": body.get("status")})
