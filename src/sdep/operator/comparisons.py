"""Shadows beside who answers the clients, as the reconciler sees them: their pods are asked for what they answered lately."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence

from sdep.api.comparison import Comparison
from sdep.api.predictor import WHOLE, Predictor
from sdep.comparison.agreement import Allowed
from sdep.comparison.compare import Shadow, begun, compared
from sdep.comparison.pairing import Side, Telling, Waiting
from sdep.evidence.answers import Answers
from sdep.operator.decision import Decision
from sdep.operator.evidence import Asked, EvidenceDoor
from sdep.operator.pods_of import asked_of
from sdep.operator.store import ObjectName, Store
from sdep.plan import Plan
from sdep.rollout.trial import digest, made_of

INTERVAL_SECONDS = 10.0
"""From one look to the next; engines keep for this long at least, and for twice as long at most."""


class Comparisons:
    """What is counted is in the status. In memory is only what waits for its pair, and when each was looked at."""

    def __init__(
        self, door: EvidenceDoor, store: Store, now: Callable[[], str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._door = door
        self._store = store
        self._now = now
        self._clock = clock
        self._looked: dict[ObjectName, float] = {}
        self._waiting: dict[ObjectName, dict[str, Waiting]] = {}

    async def look(self, name: ObjectName, decision: Decision, before: Sequence[Comparison]) -> list[Comparison]:
        """The comparisons as they are now: one for each predictor that gets copies."""
        known = {one.shadow: one for one in before}
        shadows, ready = list(_shadows(decision)), _ready(decision)
        if not shadows:
            self.forget(name)
            return []
        going = {
            shadow.name: known[shadow.name]
            for shadow in shadows
            if shadow.name in known and known[shadow.name].revision == shadow.revision
        }
        begin = [begun(shadow, self._now()) for shadow in shadows if shadow.name not in going and shadow.name in ready]
        if going and self._left(name) <= 0:
            self._looked[name] = self._clock()
            going = await self._compared(name, decision.plan, shadows, going)
        found = {**going, **{one.shadow: one for one in begin}}
        return [found[shadow.name] for shadow in shadows if shadow.name in found]

    def next_look(self, name: ObjectName, comparisons: Sequence[Comparison]) -> float | None:
        """Seconds until there is to be another; None where nothing is compared."""
        return max(self._left(name), 0.1) if comparisons else None

    def forget(self, name: ObjectName) -> None:
        self._looked.pop(name, None)
        self._waiting.pop(name, None)

    def _left(self, name: ObjectName) -> float:
        looked = self._looked.get(name)
        return 0.0 if looked is None else looked + INTERVAL_SECONDS - self._clock()

    async def _compared(
        self, name: ObjectName, plan: Plan, shadows: Sequence[Shadow], going: dict[str, Comparison]
    ) -> dict[str, Comparison]:
        """Each pod is asked once, whatever is compared with it."""
        live = [one for one in plan.predictors if one.name not in plan.weights.mirror]
        pods = list(self._store.pods(name))
        asked = {
            predictor.name: list(asked_of(pods, plan, predictor, predictor.name))
            for predictor in plan.predictors
            if predictor.name in going or predictor in live
        }
        told = await self._told([one for group in asked.values() for one in group], list(going.values()))
        present = {one.uid for group in asked.values() for one in group}
        waiting, found = self._waiting.get(name, {}), {}
        self._waiting[name] = {}
        for shadow in shadows:
            if shadow.name not in going:
                continue
            sides: list[tuple[Side, str]] = [("shadow", shadow.name), *(("live", one.name) for one in live)]
            tellings = [telling for side, predictor in sides for telling in _tellings(side, asked[predictor], told)]
            known, kept = going[shadow.name], waiting.get(shadow.name, Waiting())
            found[shadow.name], self._waiting[name][shadow.name] = compared(
                shadow, known, kept, tellings, present, self._now()
            )
        return found

    async def _told(self, asked: Sequence[Asked], going: Sequence[Comparison]) -> dict[str, Answers]:
        """What those pods have answered, by their uids, since the least that somebody knows of them."""
        able = [one for one in asked if one.url("")]
        sinces = [min(known.pods.get(one.uid, 0.0) for known in going) for one in able]
        told = await asyncio.gather(*map(self._door.answers, able, sinces))
        return {one.uid: answers for one, answers in zip(able, told, strict=True) if answers is not None}


def _shadows(decision: Decision) -> Iterator[Shadow]:
    """What is compared is told by the shadow and by all who answer clients: where one of them changes, it begins anew."""
    plan = decision.plan
    mirror = plan.weights.mirror
    answering = [made_of(one, plan.pins) for one in plan.predictors if one.name not in mirror]
    for predictor in plan.predictors:
        if percent := mirror.get(predictor.name):
            of_both = digest([made_of(predictor, plan.pins), *answering])
            yield Shadow(predictor.name, of_both, Allowed.by(_parameters(predictor)), percent == WHOLE)


def _parameters(predictor: Predictor) -> dict[str, str]:
    return {parameter.name: str(parameter.value) for parameter in predictor.graph.parameters or ()}


def _ready(decision: Decision) -> set[str]:
    """Shadows whose pods are all new, beside live predictors whose pods are: none speaks for the version before."""
    mirror = decision.plan.weights.mirror
    if not all(seen.rolled_out for seen in decision.observed if seen.name not in mirror):
        return set()
    return {seen.name for seen in decision.observed if seen.rolled_out}


def _tellings(side: Side, asked: Sequence[Asked], told: dict[str, Answers]) -> Iterator[Telling]:
    for one in asked:
        if one.uid in told:
            yield Telling(one.uid, side, one.pod["metadata"]["creationTimestamp"], told[one.uid])
