"""Whether this replica lives and is ready, and what its gauges say; asked by the probes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sdep.cluster.client import Cluster
from sdep.operator.drift_gauges import measure_drift
from sdep.operator.metrics import OBJECTS, QUEUE_DEPTH, READY_REPLICAS, REPLICAS, TRAFFIC, WATCH_AGE
from sdep.operator.queue import WorkQueue
from sdep.operator.rollout_metrics import measure_rollouts
from sdep.operator.shadow_metrics import measure_shadows
from sdep.operator.store import Store
from sdep.operator.stream import SILENT_AT_MOST_SECONDS, Streams

_STATES = ("Available", "Creating", "Failed", "Unknown")


class Health:
    """Alive: every task runs and every watch was heard lately. Ready: every watch has told all there is, leader or not."""

    def __init__(self, cluster: Cluster, store: Store, queue: WorkQueue, streams: Streams) -> None:
        self._cluster = cluster
        self._store = store
        self._queue = queue
        self._streams = streams
        self.tasks: list[asyncio.Task[None]] = []
        self.needed: list[asyncio.Event] = []

    async def ailments(self) -> list[str]:
        """What a restart would mend. Watches that are silent since the API server is are none of it."""
        dead = [f"{task.get_name()} ended" for task in self.tasks if task.done()]
        silent = {name: age for name, age in self._streams.silent_seconds().items() if age > SILENT_AT_MOST_SECONDS}
        if silent and await self._cluster.answers():
            dead += [
                f"the watch of {plural} in {namespace or 'all namespaces'} is silent for {age:.0f} s"
                for (plural, namespace), age in silent.items()
            ]
        return dead

    def ready(self) -> bool:
        return self._streams.complete() and all(event.is_set() for event in self.needed)

    def measure(self) -> None:
        """Set the gauges that say how things are just now."""
        states = Counter((body.get("status") or {}).get("state", "Unknown") for body in self._store.sdeps.values())
        for state in _STATES:
            OBJECTS.labels(state=state).set(states[state])
        _measure_predictors(self._store.sdeps.values())
        measure_shadows(self._store.sdeps.values())
        measure_rollouts(self._store.sdeps.values())
        measure_drift(self._store.sdeps.values())
        QUEUE_DEPTH.set(self._queue.depth)
        WATCH_AGE.set(max(self._streams.silent_seconds().values(), default=0.0))


def _measure_predictors(sdeps: Iterable[Mapping[str, Any]]) -> None:
    """As each status says; a predictor that is no more has no series."""
    gauges = {REPLICAS: "replicas", READY_REPLICAS: "readyReplicas", TRAFFIC: "traffic"}
    for gauge in gauges:
        gauge.clear()
    for body in sdeps:
        metadata = body["metadata"]
        for predictor in (body.get("status") or {}).get("predictors", ()):
            for gauge, field in gauges.items():
                gauge.labels(metadata["namespace"], metadata["name"], predictor["name"]).set(predictor.get(field, 0))
