"""How soon predictions that shifted are found by each distance, as numbers, as four classes of them, and as no and yes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from bench.judge import ours
from bench.judge.rollouts import CHUNK, Stopped, median, share
from bench.judge.traffic import LOOK_SECONDS, PREDICTIONS, SHARES, STEP_LOOKS, Arm, Counts, service, step
from bench.judge.unlike import divergence, may_be_unlike
from sdep.api.rollout import Analysis, Metric, PredictionDistance
from sdep.evidence.evidence import Evidence
from sdep.evidence.histogram import Histogram
from sdep.rollout.analysis import Look, analyse

SHIFTS = {"no difference": 0.0, "+0.25 sd": 0.25, "+0.5 sd": 0.5, "+1 sd": 1.0}
CUTS = {"classes": (-1.0, 0.0, 1.0), "no or yes": (0.5,)}
"""Of normal numbers: where classes end, the fourth being the rest; and from where on the answer is yes, for three in ten."""
JUDGED: list[tuple[str, PredictionDistance]] = [
    ("numbers", "KolmogorovSmirnov"),
    ("numbers", "Wasserstein"),
    ("numbers", "PopulationStabilityIndex"),
    ("classes", "TotalVariation"),
    ("classes", "ChiSquare"),
    ("classes", "JensenShannon"),
    ("no or yes", "TotalVariation"),
]


@dataclass(frozen=True)
class Cell:
    """So many rollouts whose predictions shifted so far, judged by one distance alone."""

    kind: str
    distance: PredictionDistance
    shift: float
    rate: float
    rollouts: int


def rows(rates: tuple[int, ...], good: int, bad: int, pool: Executor) -> Iterator[tuple[list[str], float]]:
    """A row of the table for each shift and distance, and the greatest part that was turned back at any rate."""
    for name, shift in SHIFTS.items():
        for kind, distance in JUDGED:
            cells = [Cell(kind, distance, shift, rate, bad if shift else good) for rate in rates]
            found = [_stopped(cell, pool) for cell in cells]
            row = [name, kind, distance]
            for each in found:
                row += [f"{100 * share(each):.3g}", *("-" if math.isnan(v) else f"{v:,.0f}" for v in median(each))]
            yield row, max(share(each) for each in found)


def _stopped(cell: Cell, pool: Executor) -> list[Stopped | None]:
    sizes = [min(CHUNK // 4, cell.rollouts - start) for start in range(0, cell.rollouts, CHUNK // 4)]
    return [one for chunk in pool.map(_chunk, [(cell, size, seed) for seed, size in enumerate(sizes)]) for one in chunk]


def _chunk(job: tuple[Cell, int, int]) -> list[Stopped | None]:
    cell, size, seed = job
    draw = np.random.default_rng([seed, int(cell.rate), *f"{cell.shift}".encode()])
    pair = service(), service(shift=cell.shift)
    steps = [step(pair, cell.rate, part, size, draw) for part in SHARES]
    seen = np.cumsum(np.concatenate([canary.requests for _, canary in steps]), axis=0)
    found: list[Stopped | None] = [None] * size
    for number, arms in enumerate(steps):
        stable, canary = (_cut(arm.until_each_look(), cell.kind) for arm in arms)
        asked = _may_fail(stable, canary)
        for rollout in range(size):
            look = None if found[rollout] else _first(cell, stable, canary, np.flatnonzero(asked[:, rollout]), rollout)
            if look is not None:
                at = number * STEP_LOOKS + look
                found[rollout] = Stopped((at + 1) * LOOK_SECONDS, int(seen[at, rollout]))
    return found


def _cut(arm: Arm, kind: str) -> Counts:
    """Predictions by look, rollout and value, or by class."""
    if kind not in CUTS:
        return arm.predictions
    starts = [0, *np.searchsorted(PREDICTIONS, CUTS[kind])]
    counts: Counts = np.add.reduceat(arm.predictions, starts, axis=-1)
    return counts


def _may_fail(stable: Counts, canary: Counts) -> ours.Looks:
    """Where some threshold, or some class, has the greatest likelihood ratio that a mixture needs at the least."""
    alpha = ours.ANALYSIS.alpha / len(SHARES)
    n, m = (arm.sum(axis=-1, keepdims=True) for arm in (stable, canary))
    found: ours.Looks = np.minimum(n, m)[..., 0] >= max(1, ours.ANALYSIS.min_requests)
    if stable.shape[-1] > len(CUTS["classes"]) + 1:
        found[found] = may_be_unlike(stable[found], canary[found], alpha)
        return found
    both = (stable + canary) / np.maximum(n + m, 1)
    arms = ((stable, np.maximum(n, 1)), (canary, np.maximum(m, 1)))
    ratio = sum(size * np.nan_to_num(divergence(arm / size, both)) for arm, size in arms)
    apart: ours.Looks = np.any(ratio >= -math.log(alpha), axis=-1)
    return found & apart


def _first(cell: Cell, stable: Counts, canary: Counts, looks: Counts, rollout: int) -> int | None:
    metric = Metric(name="predictions", distance=None if cell.kind == "no or yes" else cell.distance)
    analysis = Analysis(metrics=[metric])
    for look in looks:
        one, other = (_evidence(arm[look, rollout], cell.kind) for arm in (stable, canary))
        if analyse(analysis, one, other, Look(steps=len(SHARES), share=None))[0].verdict == "Fail":
            return int(look)
    return None


def _evidence(counts: Counts, kind: str) -> Evidence:
    requests = int(counts.sum())
    if kind == "classes":
        return Evidence(
            requests=requests, classes={str(place): int(count) for place, count in enumerate(counts) if count}
        )
    values = PREDICTIONS if kind == "numbers" else np.arange(len(counts))
    numbers = {float(value): int(count) for value, count in zip(values, counts, strict=True) if count}
    return Evidence(requests=requests, predictions=Histogram(4, numbers))
