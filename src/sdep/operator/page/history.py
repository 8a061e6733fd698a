"""How weights and findings went while this replica watched: one point for each change, in memory alone."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sdep.operator.store import ObjectName

MOST_OF_ONE = 500
"""Of a rollout that is looked at every ten seconds, that is more than an hour."""
MOST_OF_ALL = 20_000
"""About 20 MiB."""


@dataclass(frozen=True, slots=True)
class Weight:
    """In percent; of a shadow, what is mirrored."""

    predictor: str
    asked: int
    routed: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one measure said of a canary; a bound that is not known is None."""

    metric: str
    verdict: str
    estimate: float | None
    low: float | None
    high: float | None
    threshold: float | None


@dataclass(frozen=True, slots=True)
class Sample:
    """`at` is RFC 3339; `revision` and `step` tell to which part of which trial the findings belong."""

    at: str
    weights: tuple[Weight, ...]
    revision: str = ""
    step: int = 0
    findings: tuple[Bounds, ...] = ()


class History:
    """Bounded for each SeldonDeployment and for all of them: where all have too many, the longest loses its oldest point."""

    def __init__(self, now: Callable[[], str], most: int = MOST_OF_ALL) -> None:
        self._now = now
        self._most = most
        self._samples: dict[ObjectName, deque[Sample]] = defaultdict(lambda: deque(maxlen=MOST_OF_ONE))
        self._count = 0
        self.since = now()

    def put(self, name: ObjectName, status: Mapping[str, Any]) -> None:
        """Remember a status where its weights or its findings are others than before."""
        samples, sample = self._samples[name], _sample(status, self._now())
        if not sample.weights or (samples and replace(sample, at=samples[-1].at) == samples[-1]):
            return
        self._count += len(samples) < MOST_OF_ONE
        samples.append(sample)
        if self._count > self._most:
            max(self._samples.values(), key=len).popleft()
            self._count -= 1

    def drop(self, name: ObjectName) -> None:
        self._count -= len(self._samples.pop(name, ()))

    def samples(self, name: ObjectName) -> Sequence[Sample]:
        """Oldest first."""
        return list(self._samples.get(name, ()))


def _sample(status: Mapping[str, Any], at: str) -> Sample:
    rollout = status.get("rollout") or {}
    weights = tuple(
        Weight(found["name"], found.get("requestedTraffic", 0), found.get("traffic", 0))
        for found in status.get("predictors") or ()
    )
    findings = tuple(
        Bounds(
            found["metric"], found["verdict"], *(found.get(name) for name in ("estimate", "low", "high", "threshold"))
        )
        for found in rollout.get("findings") or ()
    )
    return Sample(at, weights, rollout.get("revision", ""), rollout.get("step", 0), findings)
