"""The one entry: look at a SeldonDeployment and do what there is to do, whatever woke it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sdep.admission.judge import judge
from sdep.api.defaults import with_defaults
from sdep.api.problem import Problem
from sdep.api.seldon_deployment import Metadata, SeldonDeployment, SeldonDeploymentSpec, parse
from sdep.api.status import Status
from sdep.errors import InvalidError, LeavingError
from sdep.operator.announce import announce
from sdep.operator.children import Children, routes_differ
from sdep.operator.context import Context
from sdep.operator.decision import decide, look, said
from sdep.operator.drifts import next_drift_look
from sdep.operator.experiments import next_telling
from sdep.operator.removal import has_strays, may_make_way, removable
from sdep.operator.rollouts import next_look, soonest
from sdep.operator.store import ObjectName
from sdep.plan import Plan
from sdep.registry.pin import Pinning, pin_models
from sdep.render.names import predictor_service
from sdep.rollout.baseline import answers_with_baseline, with_baseline
from sdep.rollout.follow import followed
from sdep.status import conditions
from sdep.status.summary import failed, previous, summarise

Body = Mapping[str, Any]
_RETRY_SECONDS = 30.0
"""How soon what the API server refused is tried again: no watch tells when a name or a kind becomes free."""
_AFTER_OWN_WRITES_SECONDS = 0.1
"""What was seen before children were written is looked at once more; news of them that comes sooner is looked at instead."""


class Reconciler:
    """Level-based: what is done depends on what is there, never on what happened."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._routes_changed: dict[ObjectName, float] = {}
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
        self._routes_changed.pop(name, None)
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
        context = self._context
        before = previous(sdep)
        answers = await context.questions.answers(sdep)
        known = before.rollout if before else None
        written = sdep
        follow = followed(sdep, answers, before.models if before else (), known)
        pins = before.models if before else ()
        sdep = with_baseline(follow.sdep, known)
        pinning = pin_models(sdep, answers_with_baseline(follow.answers, pins, known), pins, context.now())
        sight = look(name, sdep, pinning, context.store, context.settings)
        moved = any(follow.trial and new.predictor == follow.trial.stable for _, new in pinning.moves)
        drift = await context.drifts.look(name, sight.plan, before.drift if before else ())
        rollout = await context.rollouts.advance(name, sight, follow.trial, known, moved=moved, drift=drift)
        experiment = await context.experiments.look(name, written, sight, before.experiment if before else None)
        unanswered = context.examples.failed(name, sight)
        decision = replace(decide(sight, pinning, rollout, experiment, drift), unanswered=unanswered)
        if not decision.plan.predictors:
            told = said(decision, name, context.store, found, ())
            await self._report(sdep, failed(sdep, told, context.now()), pinning)
            return None
        children = Children(context.cluster, context.store)
        free = may_make_way(decision.observed)
        live = context.store.children(name)
        changes = await children.bring(decision.desired, live, sdep.metadata.uid, free)
        stale = () if pinning.faults else removable(changes.delete, decision.observed)
        delay = await self._remove(name, children, stale, routed=routes_differ(changes))
        if has_strays(decision.observed, self._pods(name, decision.plan)):
            await children.remove_strays(decision.plan)
        acted = list(children.said())
        for reason, message in acted:
            context.events.emit(sdep, "Normal", reason, message)
        if acted and before is None and not context.calm.is_set():
            # Others wait for their children: the first report is that of the next look.
            return _AFTER_OWN_WRITES_SECONDS
        told = said(decision, name, context.store, found, changes.foreign)
        context.served.tell(name, decision)
        plan, observed = decision.plan, decision.observed
        status = summarise(plan, decision.asked, observed, decision.desired, told, context.now())
        comparisons = await context.comparisons.look(name, decision, before.comparisons if before else ())
        parts = {"rollout": rollout, "drift": drift, "experiment": experiment, "comparisons": comparisons}
        status = status.model_copy(update=parts)
        lineage = context.lineage.told(sdep, status, before)
        await self._report(sdep, status.model_copy(update={"lineage": lineage}), pinning)
        if delay is None and (changes.foreign or acted):
            delay = _RETRY_SECONDS if changes.foreign else _AFTER_OWN_WRITES_SECONDS
        return soonest(
            delay,
            next_look(sight, rollout, known, context.now()),
            next_telling(written, experiment),
            context.comparisons.next_look(name, comparisons),
            next_drift_look(sight.plan),
        )

    def _pods(self, name: ObjectName, plan: Plan) -> list[Body]:
        """Those of v1's separate engines too, which carry their Service's name where others carry the SeldonDeployment's."""
        services = {predictor_service(plan, predictor) for predictor in plan.predictors}
        return [pod for label in {name[1], *services} for pod in self._context.store.pods((name[0], label))]

    async def _remove(
        self, name: ObjectName, children: Children, stale: Sequence[Body], *, routed: bool
    ) -> float | None:
        """What routes named a moment ago stays until every gateway has the new routes.

        No gateway is told of them while the API server is away: that time does not count.
        """
        clock = asyncio.get_running_loop().time()
        if routed or name not in self._routes_changed:  # nobody knows what an earlier leader did a moment ago
            self._routes_changed[name] = clock
        if not stale:
            return None
        since = max(self._routes_changed[name], self._context.cluster.away_at)
        wait = since - clock + self._context.settings.drain_seconds
        if wait > 0:
            return wait
        await children.remove(stale)
        return None

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
