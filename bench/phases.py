"""The things that are measured, each a function that does it once and returns its times."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from bench.cluster import Cluster
from bench.figures import Times
from bench.subject import NAMESPACE, Subject, subject, unowned
from bench.watches import Watches
from sdep.render.manifest import Key

T = TypeVar("T")

THREADS = 8
_SECONDS = 120
"""The longest that any single thing is waited for."""
_ALL_SECONDS = 900
"""The longest that something is waited for that happens to all objects."""
_LOOK_EVERY_SECONDS = 0.1


@dataclass(frozen=True)
class Bench:
    cluster: Cluster
    watches: Watches

    def create(self, subjects: Sequence[Subject]) -> Times:
        """From the start of each object's POST until all its children exist."""
        started = _concurrently(subjects, lambda subject: self.cluster.create(subject.manifest))
        self.watches.until_all_exist([key for subject in subjects for key in subject.child_keys], _ALL_SECONDS)
        done = [max(map(self.watches.first, subject.child_keys)) for subject in subjects]
        return _times(started, done)

    def create_one_by_one(self, prefix: str, runs: int) -> Times:
        """One object at a time, each deleted before the next comes."""
        each: list[float] = []
        for number in range(runs):
            one = subject(f"{prefix}-{number}", split=False)
            each += self.create([one]).each
            self.settle([one])
            self.delete([one])
        return Times(tuple(each))

    def patch(self, subject: Subject, times: int, gap_seconds: float) -> Times:
        """From the start of a PATCH of one predictor's weight until the VirtualService has it, again and again."""
        each = []
        for number in range(times):
            each.append(self._patch(subject, weight=1 + number % 49))
            time.sleep(gap_seconds)  # the pace of the measurement; nothing is awaited
        return Times(tuple(each))

    def post_children(self, subjects: Sequence[Subject], namespace: str) -> Times:
        """The floor: the same children made by plain POSTs, without the operator and out of its sight."""
        bodies = [[unowned(child, namespace) for child in subject.children] for subject in subjects]
        done = [0.0] * len(bodies)

        def post(number: int) -> None:
            for body in bodies[number]:
                self.cluster.create(body)
            done[number] = time.monotonic()

        return _times(_concurrently(range(len(bodies)), post), done)

    def settle(self, subjects: Sequence[Subject]) -> None:
        """Until every object is Available: what Kubernetes and the operator still do must not disturb the next phase."""
        waiting = {subject.key for subject in subjects}

        def all_available() -> bool:
            waiting.difference_update([key for key in waiting if self._state(key) == "Available"])
            return not waiting

        self.watches.until(all_available, lambda: f"{min(waiting)} Available", _ALL_SECONDS, _LOOK_EVERY_SECONDS)

    def delete(self, subjects: Sequence[Subject]) -> Times:
        """From the first DELETE until the last child is gone, which is the work of Kubernetes' garbage collector."""
        start = time.monotonic()
        _concurrently(subjects, lambda subject: self.cluster.delete(subject.key))
        gone = self.watches.until_all_gone([key for subject in subjects for key in subject.child_keys], _ALL_SECONDS)
        return Times((), gone - start)

    def follow(self, subjects: Sequence[Subject], move: Callable[[], None]) -> Times:
        """From the start of an alias's move until the Deployment of each object that follows it has another template."""
        keys = [key for subject in subjects for key in subject.child_keys if key.kind == "Deployment"]
        before = {key: self._generation(key) for key in keys}
        start = time.monotonic()
        move()
        behind = set(keys)

        def all_moved() -> bool:
            behind.difference_update([key for key in behind if self._generation(key) > before[key]])
            return not behind

        self.watches.until(all_moved, lambda: f"another template in {min(behind)}", _SECONDS, _LOOK_EVERY_SECONDS)
        each = [sighting.changed - start for key in keys if (sighting := self.watches.get(key))]
        return Times(tuple(each), max(each))

    def _patch(self, subject: Subject, weight: int) -> float:
        routes = subject.child("VirtualService")
        start = time.monotonic()
        self.cluster.patch(subject.key, [{"op": "replace", "path": "/spec/predictors/1/traffic", "value": weight}])
        self.watches.until(lambda: self._weight(subject) == weight, lambda: f"weight {weight} in {routes}", _SECONDS)
        seen = self.watches.get(routes)
        return (seen.changed if seen else time.monotonic()) - start

    def _state(self, key: Key) -> str:
        seen = self.watches.get(key)
        return str(seen.body.get("status", {}).get("state", "")) if seen else ""

    def _generation(self, key: Key) -> int:
        seen = self.watches.get(key)
        return int(seen.body["metadata"].get("generation", 0)) if seen else 0

    def _weight(self, subject: Subject) -> int | None:
        """What the second predictor is routed, as the VirtualService says."""
        seen = self.watches.get(subject.child("VirtualService"))
        found: int | None = seen.body["spec"]["http"][0]["route"][1].get("weight") if seen else None
        return found


def floor_namespace(count: int) -> str:
    return f"{NAMESPACE}-floor-{count}"


def _times(started: Sequence[float], done: Sequence[float]) -> Times:
    each = [end - start for end, start in zip(done, started, strict=True)]
    return Times(tuple(each), max(done) - min(started))


def _concurrently(things: Sequence[T], do: Callable[[T], None]) -> list[float]:
    """Do it with each, several at a time; when each was started."""

    def timed(thing: T) -> float:
        start = time.monotonic()
        do(thing)
        return start

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(timed, things))
