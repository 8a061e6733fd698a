"""The one entry: look at a SeldonDeployment and do what there is to do, whatever woke it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import Metadata, SeldonDeployment, SeldonDeploymentSpec, parse
from sdep.api.status import Condition, Status
from sdep.api.validation import Problem, problems
from sdep.cluster.diff import Changes
from sdep.errors import InvalidError
from sdep.operator.announce import announce
from sdep.operator.children import Children, routes_differ
from sdep.operator.context import Context
from sdep.operator.store import ObjectName
from sdep.plan import Plan, Weights
from sdep.registry.pin import Pinning, pin_models
from sdep.render import render
from sdep.rollout.weights import answerable, requested, sums_to_whole
from sdep.status import conditions
from sdep.status.observation import PredictorObservation, observe
from sdep.status.summary import failed, previous, summarise

Body = Mapping[str, Any]
_RETRY_SECONDS = 30.0
"""How soon what the API server refused is tried again: no watch tells when a name or a kind becomes free."""


@dataclass(frozen=True)
class _Decision:
    plan: Plan
    asked: Weights
    observed: tuple[PredictorObservation, ...]
    pinning: Pinning


class Reconciler:
    """Level-based: what is done depends on what is there, never on what happened."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._routes_changed: dict[ObjectName, float] = {}

    async def reconcile(self, name: ObjectName) -> float | None:
        """Seconds until another look is needed, or None to wait for a wake."""
        body = self._context.store.sdeps.get(name)
        if body is None or body["metadata"].get("deletionTimestamp"):
            self._context.questions.forget(name)
            self._routes_changed.pop(name, None)
            return None
        try:
            sdep = parse(body)
        except InvalidError as error:
            await self._refuse(_bare(body), [Problem("error", error.reason, "manifest", error.message)])
            return None
        sdep = with_defaults(sdep)
        found = problems(sdep) + self._weights_refused(sdep)
        if any(problem.severity == "error" for problem in found):
            await self._refuse(sdep, found)
            return None
        return await self._act(name, sdep, found)

    async def _act(self, name: ObjectName, sdep: SeldonDeployment, found: tuple[Problem, ...]) -> float | None:
        context = self._context
        before = previous(sdep)
        answers = await context.questions.answers(sdep)
        pinning = pin_models(sdep, answers, before.models if before else (), context.now())
        decision = self._decide(name, sdep, pinning)
        if not decision.plan.predictors:
            await self._report(sdep, failed(sdep, self._said(decision, found, []), context.now()), pinning)
            return None
        live = context.store.children(name)
        children = Children(context.cluster, context.store)
        changes = await children.bring(render(decision.plan), live, sdep.metadata.uid)
        delay = await self._remove_stale(name, children, changes, pinning)
        for reason, message in children.said():
            context.events.emit(sdep, "Normal", reason, message)
        said = self._said(decision, found, list(changes.foreign))
        status = summarise(decision.plan, decision.asked, decision.observed, said, context.now())
        await self._report(sdep, status, pinning)
        return _RETRY_SECONDS if changes.foreign and delay is None else delay

    def _decide(self, name: ObjectName, sdep: SeldonDeployment, pinning: Pinning) -> _Decision:
        store = self._context.store
        asked = requested(sdep.spec.predictors)
        plan = Plan(sdep, pinning.pins, asked, self._context.settings)
        deployments = {key.name: body for key, body in store.children(name).items() if key.kind == "Deployment"}
        observed = observe(plan, deployments, store.pods(name))
        routed = answerable(asked, {seen.name for seen in observed if seen.answers})
        return _Decision(Plan(sdep, pinning.pins, routed, self._context.settings), asked, observed, pinning)

    async def _remove_stale(
        self, name: ObjectName, children: Children, changes: Changes, pinning: Pinning
    ) -> float | None:
        """What routes named a moment ago stays until every gateway has the new routes; what a fault hides stays too."""
        clock = asyncio.get_running_loop().time()
        if routes_differ(changes):
            self._routes_changed[name] = clock
        if pinning.faults or not changes.delete:
            return None
        wait = self._routes_changed.get(name, clock - self._context.settings.drain_seconds) - clock
        wait += self._context.settings.drain_seconds
        if wait > 0:
            return wait
        await children.remove(changes.delete)
        return None

    def _weights_refused(self, sdep: SeldonDeployment) -> tuple[Problem, ...]:
        if self._context.settings.traffic_policy == "lenient" or sums_to_whole(sdep.spec.predictors):
            return ()
        message = "Traffic must sum to 100 for multiple predictors"
        return (Problem("error", "InvalidTraffic", "spec.predictors", message),)

    def _said(self, decision: _Decision, found: tuple[Problem, ...], refused: list[InvalidError]) -> list[Condition]:
        plan = decision.plan
        faults = {"/".join(key): (fault.reason, fault.message) for key, fault in decision.pinning.faults.items()}
        adjusted = not sums_to_whole(plan.sdep.spec.predictors)
        return [
            conditions.spec_valid(found),
            conditions.models_resolved(faults),
            conditions.children_applied(refused),
            conditions.deployments_ready(decision.observed),
            conditions.services_ready(),
            conditions.virtual_services_ready(enabled=plan.settings.istio_enabled),
            conditions.traffic_as_requested(decision.asked, plan.weights, adjusted=adjusted),
        ]

    async def _refuse(self, sdep: SeldonDeployment, found: list[Problem] | tuple[Problem, ...]) -> None:
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
        announce(self._context.events, sdep, previous(sdep), status, pinning.moves if pinning else ())


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
