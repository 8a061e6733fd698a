"""Whether models answer the input examples saved with them: a pod of each predictor is asked once for each model that it serves.

Nobody waits for the answer: it comes in its own time, and wakes the SeldonDeployment only where there is something to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sdep.api.predictor import Predictor
from sdep.operator.decision import Sight
from sdep.operator.evidence import EvidenceDoor
from sdep.operator.pods_of import asked_of
from sdep.operator.signatures import described
from sdep.operator.store import ObjectName, Store
from sdep.rollout.trial import made_of

_AT_ONCE = 4
_AGAIN_SECONDS = 300.0
"""When a predictor is asked again of which no pod told anything."""


@dataclass(frozen=True)
class _Said:
    """`failed` says why a model failed its example; `until` is when the loop's clock says to ask again."""

    revision: str
    failed: str = ""
    until: float = float("inf")


class Examples:
    def __init__(self, door: EvidenceDoor, store: Store, wake: Callable[[ObjectName], None]) -> None:
        self._door = door
        self._store = store
        self._wake = wake
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._said: dict[ObjectName, dict[str, _Said]] = {}
        self._asking: dict[tuple[ObjectName, str, str], asyncio.Task[None]] = {}

    def failed(self, name: ObjectName, sight: Sight) -> Mapping[str, str] | None:
        """Why models failed, by predictor; None while that is not known of all."""
        known, found = self._said.setdefault(name, {}), dict[str, str]()
        clock, awaited = asyncio.get_running_loop().time(), False
        for predictor in _loaded(sight):
            revision = made_of(predictor, sight.plan.pins)
            said = known.get(predictor.name)
            if said is None or said.revision != revision or said.until < clock:
                self._ask(name, sight, predictor, revision)
                awaited = awaited or said is None or said.revision != revision
            elif said.failed:
                found[predictor.name] = said.failed
        return None if awaited else found

    def forget(self, name: ObjectName) -> None:
        self._said.pop(name, None)

    async def settled(self) -> None:
        """Until nobody is being asked."""
        await asyncio.gather(*self._asking.values(), return_exceptions=True)

    async def close(self) -> None:
        for task in self._asking.values():
            task.cancel()
        await self.settled()

    def _ask(self, name: ObjectName, sight: Sight, predictor: Predictor, revision: str) -> None:
        key = (name, predictor.name, revision)
        if key not in self._asking:
            self._asking[key] = asyncio.create_task(self._asked(name, sight, predictor, revision))
            self._asking[key].add_done_callback(lambda _: self._asking.pop(key, None))

    async def _asked(self, name: ObjectName, sight: Sight, predictor: Predictor, revision: str) -> None:
        async with self._room:
            pods = list(asked_of(self._store.pods(name), sight.plan, predictor, predictor.name))
            told = await described(self._door, sight.plan, predictor, pods)
        if name not in self._said:  # it went meanwhile
            return
        if told is None:
            again = asyncio.get_running_loop().time() + _AGAIN_SECONDS
            self._said[name][predictor.name] = _Said(revision, until=again)
            return
        failed = "; ".join(
            f"{unit}: {said.example_failed}" for unit, said in told.models.items() if said.example_failed
        )
        self._said[name][predictor.name] = _Said(revision, failed)
        if failed:
            self._wake(name)


def _loaded(sight: Sight) -> Iterator[Predictor]:
    """Those whose pods all have the models that are meant, and have loaded them."""
    rolled_out = {seen.name for seen in sight.observed if seen.rolled_out and seen.answers}
    with_models = {predictor for predictor, _ in sight.plan.pins}
    for predictor in sight.plan.predictors:
        if predictor.name in rolled_out & with_models:
            yield predictor
