"""The rollouts that `sdep` turns back: its own analysis, asked at every look."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bench.judge.traffic import LATENCIES, PREDICTIONS, Arm, Counts
from bench.judge.unlike import divergence, may_be_unlike
from sdep.api.rollout import Analysis, Metric
from sdep.evidence.evidence import Evidence
from sdep.evidence.histogram import Histogram
from sdep.rollout.analysis import Look, analyse, verdict
from sdep.rollout.analysis.findings import KEPT
from sdep.rollout.analysis.latency import LOWER_QUANTILES
from sdep.rollout.analysis.margins import DEFAULT_MARGINS
from sdep.rollout.analysis.odds import ODDS, weighed
from sdep.rollout.analysis.proportions import Share

ANALYSIS = Analysis(metrics=[Metric(name=name) for name in ("errors", "refusals", "latency", "predictions")])
STEPS = 3
Looks = NDArray[np.bool_]
"""Truth values, by look and rollout."""
NEVER = -1
Logs = NDArray[np.float64]
"""By look, rollout and ratio of odds."""


def first_failures(stable: Arm, canary: Arm, share: float, odds: Logs, kept: float = KEPT) -> list[int]:
    """The look at which each rollout is turned back, `NEVER` for most. Arms are counted since the step began, and `odds` in all steps."""
    asked = may_fail(stable, canary, odds)
    return [_first((stable, canary), share, rollout, looks, odds, kept) for rollout, looks in enumerate(asked.T)]


def judged(
    arms: tuple[Arm, Arm],
    share: float,
    place: tuple[int, int],
    odds: Logs,
    *,
    last: bool = False,
    kept: float = KEPT,
) -> str:
    """`kept`: which part of the chances of an error is kept for the last look; 0 where there is none."""
    told = {"errors": odds[place].tolist(), "refusals": [0.0] * len(ODDS)}
    stable, canary = (evidence(arm, place) for arm in arms)
    return verdict(analyse(ANALYSIS, stable, canary, Look(steps=STEPS, share=share, odds=told, last=last, kept=kept)))


def odds_of(stable: Arm, canary: Arm, before: Logs | None = None) -> Logs:
    """What the errors of all looks speak for each ratio, by look and rollout; arms have what was answered within each look."""
    looks, rollouts = stable.requests.shape
    logs = np.zeros((looks, rollouts, len(ODDS)))
    for rollout in range(rollouts):
        known = [] if before is None else before[-1, rollout].tolist()
        for look in range(looks):
            arms = (Share(int(arm.errors[look, rollout]), int(arm.requests[look, rollout])) for arm in (stable, canary))
            known = weighed(known, *arms)
            logs[look, rollout] = known
    return logs


def evidence(arm: Arm, place: tuple[int, int]) -> Evidence:
    """What a predictor has told at one look of one rollout."""
    return Evidence(
        requests=int(arm.requests[place]),
        errors=int(arm.errors[place]),
        latency=histogram(LATENCIES, arm.latency[place], 2),
        predictions=histogram(PREDICTIONS, arm.predictions[place], 4),
    )


def may_fail(stable: Arm, canary: Arm, odds: Logs) -> Looks:
    """Where the analysis need be asked at all, so that ten thousand rollouts take minutes.

    It calls a canary worse only where the estimate is over the margin and the greatest likelihood ratio reaches what a mixture must:
    a mixture is never more. Both are quick to tell of all rollouts at once.
    """
    alpha = ANALYSIS.alpha / (STEPS * len(ANALYSIS.metrics))
    enough = np.minimum(stable.requests, canary.requests) >= ANALYSIS.min_requests
    found = enough & _more_errors(stable, canary, odds)
    for rule in (_slower, _apart):
        rest = enough & ~found
        found[rest] = rule(stable.only(rest), canary.only(rest), alpha)
    return found


def _first(arms: tuple[Arm, Arm], share: float, rollout: int, looks: Looks, odds: Logs, kept: float) -> int:
    asked = ((int(look), rollout) for look in np.flatnonzero(looks))
    failed = (place[0] for place in asked if judged(arms, share, place, odds, kept=kept) == "Fail")
    return next(failed, NEVER)


def histogram(values: NDArray[np.float64], counts: Counts, digits: int) -> Histogram:
    seen = np.flatnonzero(counts)
    return Histogram(digits, dict(zip(values[seen].tolist(), counts[seen].tolist(), strict=True)))


def _more_errors(stable: Arm, canary: Arm, odds: Logs) -> Looks:
    n, m = np.maximum(stable.requests, 1), np.maximum(canary.requests, 1)
    found: Looks = np.log(np.exp(odds).mean(axis=-1)) >= math.log(len(ANALYSIS.metrics) / ANALYSIS.alpha) - 1e-6
    found &= 100 * (canary.errors / m - stable.errors / n) > DEFAULT_MARGINS["errors"]
    return found


def _slower(stable: Arm, canary: Arm, alpha: float) -> Looks:
    found = np.zeros(stable.requests.shape, dtype=bool)
    upto = np.cumsum(stable.latency, axis=-1), np.cumsum(canary.latency, axis=-1)
    for quantile in (0.99, *LOWER_QUANTILES):
        one, other = (LATENCIES[_places(arm, quantile)] for arm in upto)
        beyond = other > one * (1 + DEFAULT_MARGINS["latency"] / 100)
        found[beyond] |= against(upto[0][beyond], upto[1][beyond], quantile) >= math.log(1 / alpha)
    return found


def _apart(stable: Arm, canary: Arm, alpha: float) -> Looks:
    arms = stable.predictions, canary.predictions
    one, other = (np.cumsum(arm, axis=-1) / np.maximum(arm.sum(axis=-1, keepdims=True), 1) for arm in arms)
    found: Looks = 100 * np.abs(one - other).max(axis=-1) > DEFAULT_MARGINS["predictions"]
    found[found] = may_be_unlike(stable.predictions[found], canary.predictions[found], alpha)
    return found


def against(stable: Counts, canary: Counts, quantile: float) -> NDArray[np.float64]:
    """The greatest likelihood ratio against this quantile, where it is of both together."""
    place = _places(stable + canary, quantile)[..., None]
    total = np.zeros(place.shape[:-1])
    for arm in (stable, canary):
        n = np.maximum(arm[..., -1], 1)
        nearer = np.stack([np.take_along_axis(arm, np.maximum(place - back, 0), -1)[..., 0] / n for back in (0, 1)])
        total += n * np.max(divergence(nearer, np.full_like(nearer, quantile)), axis=0)
    return total


def _places(upto: Counts, quantile: float) -> NDArray[np.intp]:
    places: NDArray[np.intp] = np.argmax(upto >= np.ceil(quantile * upto[..., -1:]), axis=-1)
    return places
