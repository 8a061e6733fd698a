"""The things that are measured, each a function that does it once and returns its times."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from bench.cluster import Cluster
from bench.figures import Times
from bench.subject import Subject, subject, unowned
from bench.watches import Watches
from sdep.render.manifest import Key

T = TypeVar("T")

THREADS = 8
PATCHES = 50
GAP_SECONDS = 0.2
_SECONDS = 120
"""The longest that any single thing is waited for."""


@dataclass(frozen=True)
class Bench:
    cluster: Cluster
    watches: Watches

    def create(self, subjects: Sequence[Subject]) -> Times:
        """From the start of each object's POST until all its children exist."""
        started = _concurrently(subjects, lambda subject: self.cluster.create(subject.manifest))
        self.watches.until_all_exist([key for subject in subjects for key in subject.child_keys], _SECONDS)
        done = [max(map(self.watches.first, subject.child_keys)) for subject in subjects]
        each = [end - start for end, start in zip(done, started, strict=True)]
        return Times(tuple(each), max(done) - min(started))

    def create_one_by_one(self, prefix: str, runs: int) -> Times:
        """One object at a time, each deleted before the next comes."""
        each: list[float] = []
        for number in range(runs):
            one = subject(f"{prefix}-{number}", split=number % 2 == 0)
            each += self.create([one]).each
            self.settle([one])
            self.delete(one)
        return Times(tuple(each))

    def patch(self, subject: Subject) -> Times:
        """From the start of a PATCH of one predictor's weight until the VirtualService has it, again and again."""
        each = []
        for number in range(PATCHES):
            each.append(self._patch(subject, weight=1 + number % 49))
            time.sleep(GAP_SECONDS)  # the pace of the measurement; nothing is awaited
        return Times(tuple(each))

    def post_children(self, subjects: Sequence[Subject]) -> Times:
        """The floor: the same children made by plain POSTs, without the operator."""
        bodies = [[unowned(child) for child in subject.children] for subject in subjects]
        done = [0.0] * len(bodies)

        def post(number: int) -> None:
            for body in bodies[number]:
                self.cluster.create(body)
            done[number] = time.monotonic()

        started = _concurrently(range(len(bodies)), post)
        each = [end - start for end, start in zip(done, started, strict=True)]
        return Times(tuple(each), max(done) - min(started))

    def settle(self, subjects: Sequence[Subject]) -> None:
        """Until every object is Available: what Kubernetes and the operator still do must not disturb the next phase."""
        waiting = {subject.key for subject in subjects}

        def all_available() -> bool:
            waiting.difference_update([key for key in waiting if self._state(key) == "Available"])
            return not waiting

        self.watches.until(all_available, lambda: f"{min(waiting)} Available", _SECONDS)

    def delete(self, subject: Subject) -> None:
        self.cluster.delete(subject.key)
        self.watches.until_all_gone(subject.child_keys, _SECONDS)

    def _patch(self, subject: Subject, weight: int) -> float:
        routes = subject.child("VirtualService")
        start = time.monotonic()
        self.cluster.patch(subject.key, [{"op": "replace", "path": "/spec/predictors/1/traffic", "value": weight}])
        self.watches.until(lambda: self._weight(subject) == weight, lambda: f"weight {weight} in {routes}", _SECONDS)
        seen = self.watches.get(routes)
        return (seen.latest if seen else time.monotonic()) - start

    def _state(self, key: Key) -> str:
        seen = self.watches.get(key)
        return str(seen.body.get("status", {}).get("state", "")) if seen else ""

    def _weight(self, subject: Subject) -> int | None:
        """What the second predictor is routed, as the VirtualService says."""
        seen = self.watches.get(subject.child("VirtualService"))
        found: int | None = seen.body["spec"]["http"][0]["route"][1].get("weight") if seen else None
        return found


def _concurrently(things: Sequence[T], do: Callable[[T], None]) -> list[float]:
    """Do it with each, several at a time; when each was started."""

    def timed(thing: T) -> float:
        start = time.monotonic()
        do(thing)
        return start

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(timed, things))
