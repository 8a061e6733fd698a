"""Drift detectors as the reconciler sees them: their pods are asked at each interval, and what is new is added to the window."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from sdep.api.drift import DriftDetector
from sdep.api.drift_status import DriftStatus
from sdep.api.duration import seconds
from sdep.api.moment import seconds_between
from sdep.api.predictor import Predictor
from sdep.drift.window import advance, begun
from sdep.evidence.watched import Watched
from sdep.operator.evidence import Asked, EvidenceDoor
from sdep.operator.pods_of import asked_of
from sdep.operator.store import ObjectName, Store
from sdep.plan import Plan

_Key = tuple[ObjectName, str]


class Drifts:
    """What each pod told last is in memory alone: an operator that begins anew counts from its first question on."""

    def __init__(self, door: EvidenceDoor, store: Store, now: Callable[[], str]) -> None:
        self._door = door
        self._store = store
        self._now = now
        self._asked: dict[_Key, str] = {}
        self._told: dict[_Key, dict[str, Watched]] = {}

    async def look(self, name: ObjectName, plan: Plan, before: Sequence[DriftStatus]) -> list[DriftStatus]:
        """The state of every predictor that has a detector and can be watched."""
        watched = [(predictor, detector) for predictor, detector in _detectors(plan)]
        known = {state.predictor: state for state in before}
        found = await asyncio.gather(
            *(self._of(name, plan, predictor, detector, known.get(predictor.name)) for predictor, detector in watched)
        )
        self._keep(name, {predictor.name for predictor, _ in watched})
        return list(found)

    def forget(self, name: ObjectName) -> None:
        self._keep(name, set())

    async def _of(
        self, name: ObjectName, plan: Plan, predictor: Predictor, detector: DriftDetector, before: DriftStatus | None
    ) -> DriftStatus:
        now, key = self._now(), (name, predictor.name)
        state = before or begun(predictor.name, now)
        asked_at = self._asked.get(key)
        if asked_at is not None and seconds_between(asked_at, now) < seconds(detector.interval):
            return state
        self._asked[key] = now
        asked = list(asked_of(self._store.pods(name), plan, predictor, predictor.name))
        told = await asyncio.gather(*(self._door.watched(one) for one in asked))
        news = self._news(key, state, [(one, each) for one, each in zip(asked, told, strict=True) if each is not None])
        self._forget_pods(key, {one.uid for one in asked})
        return advance(detector, state, news, now)

    def _news(self, key: _Key, state: DriftStatus, told: Sequence[tuple[Asked, Watched]]) -> list[Watched]:
        """What each pod saw since it was asked last. Of one that is asked first and older than the window nothing is known."""
        last, news = self._told.setdefault(key, {}), []
        for asked, watched in told:
            metadata = asked.pod["metadata"]
            known = last.get(metadata["uid"])
            if known is None and metadata["creationTimestamp"] < state.since:
                known = watched
            news.append(watched.since(known) if known is not None else watched)
            last[metadata["uid"]] = watched
        return news

    def _forget_pods(self, key: _Key, present: set[str]) -> None:
        self._told[key] = {uid: told for uid, told in self._told.get(key, {}).items() if uid in present}

    def _keep(self, name: ObjectName, predictors: set[str]) -> None:
        for known in (self._asked, self._told):
            for key in [key for key in known if key[0] == name and key[1] not in predictors]:
                del known[key]


def next_drift_look(plan: Plan) -> float | None:
    """Seconds until a detector's pods are asked again, None where there is none."""
    return min((max(1.0, seconds(detector.interval)) for _, detector in _detectors(plan)), default=None)


def _detectors(plan: Plan) -> list[tuple[Predictor, DriftDetector]]:
    return [
        (predictor, predictor.drift_detector)
        for predictor in plan.predictors
        if predictor.drift_detector is not None and plan.layouts[predictor.name].reference_unit is not None
    ]
