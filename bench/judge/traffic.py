"""Simulated answers of a stable predictor and its canary, counted for each look as the runtimes count them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Chances = NDArray[np.float64]

LOOK_SECONDS = 10
STEP_LOOKS = 30
SHARES = (0.05, 0.25, 0.5)
"""Steps of five minutes."""
LATENCIES = np.array([float(f"{digits}e-{scale}") for scale in (3, 2, 1) for digits in range(10, 100)])
"""Of two digits, as the runtime keeps them: 10 ms to 9.9 s."""
PREDICTIONS = np.round(np.arange(-5, 6.5, 0.1), 1)
MEDIAN_SECONDS, SPREAD = 0.05, 0.5
"""Latencies are log-normal: a p99 of 160 ms."""
OUTAGE_CHANCE, OUTAGE_ERRORS = 1 / 45, 0.5
"""Where there are outages: twice in a rollout, for a look, half of the requests of both fail."""


@dataclass(frozen=True)
class Service:
    """How a predictor answers: the chance of an error, and those of each latency and each prediction."""

    errors: float
    latency: Chances
    predictions: Chances


def service(*, errors: float = 0.01, slower: float = 1, tail: float = 0, shift: float = 0) -> Service:
    """`slower` is a factor of all latencies; a part `tail` of the requests takes eight times as long; `shift` is in standard deviations."""
    body = _log_normal(MEDIAN_SECONDS * slower)
    latency = (1 - tail) * body + tail * _log_normal(8 * MEDIAN_SECONDS)
    edges = [_normal(value + 0.05 - shift) for value in PREDICTIONS]
    return Service(errors, latency, _differences(edges))


@dataclass(frozen=True)
class Arm:
    """What one predictor answered: by look and rollout, the last two also by value."""

    requests: Counts
    errors: Counts
    latency: Counts
    predictions: Counts

    def until_each_look(self) -> Arm:
        return self._each(lambda part: np.cumsum(part, axis=0))

    def only(self, looks: NDArray[np.bool_]) -> Arm:
        """Of these looks of rollouts, one after the other."""
        return self._each(lambda part: part[looks])

    def rollouts(self, these: NDArray[np.bool_]) -> Arm:
        return self._each(lambda part: part[:, these])

    def _each(self, change: Callable[[Counts], Counts]) -> Arm:
        return Arm(*map(change, (self.requests, self.errors, self.latency, self.predictions)))


def joined(arms: Sequence[Arm]) -> Arm:
    """What was answered one after the other."""
    parts = zip(*((arm.requests, arm.errors, arm.latency, arm.predictions) for arm in arms), strict=True)
    return Arm(*(np.concatenate(part) for part in parts))


def step(
    pair: tuple[Service, Service],
    rate: float,
    share: float,
    rollouts: int,
    draw: np.random.Generator,
    *,
    outages: bool = False,
) -> tuple[Arm, Arm]:
    """One step of so many rollouts: what stable predictor and canary answered within each look."""
    shape = (STEP_LOOKS, rollouts)
    total = draw.poisson(rate * LOOK_SECONDS, shape)
    canary = draw.binomial(total, share)
    out = draw.random(shape) < (OUTAGE_CHANCE if outages else 0)
    return _arm(pair[0], total - canary, out, draw), _arm(pair[1], canary, out, draw)


def _arm(service: Service, requests: Counts, out: NDArray[np.bool_], draw: np.random.Generator) -> Arm:
    errors = draw.binomial(requests, np.where(out, OUTAGE_ERRORS, service.errors))
    right = requests - errors
    return Arm(requests, errors, _spread(right, service.latency, draw), _spread(right, service.predictions, draw))


def _spread(counts: Counts, chances: Chances, draw: np.random.Generator) -> Counts:
    """Only values that ever come are drawn: the others cost as much."""
    likely = chances > 1e-9  # noqa: PLR2004 - not once in all that is simulated
    spread = np.zeros((*counts.shape, len(chances)), dtype=np.int64)
    spread[..., likely] = draw.multinomial(counts, chances[likely] / chances[likely].sum())
    return spread


def _log_normal(median: float) -> Chances:
    edges = np.append((LATENCIES[1:] + LATENCIES[:-1]) / 2, math.inf)
    return _differences([_normal(math.log(edge / median) / SPREAD) for edge in edges])


def _normal(value: float) -> float:
    return (1 + math.erf(value / math.sqrt(2))) / 2


def _differences(shares: list[float]) -> Chances:
    chances: Chances = np.diff(np.array([0.0, *shares]))
    return chances / shares[-1]
