"""How many requests the last step must have until good canaries pass: what `maxDuration` and a rate have to come to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench.judge import ours
from bench.judge.traffic import LOOK_SECONDS, STEP_LOOKS, Service, service, step
from sdep.rollout.analysis import Look, analyse, verdict
from sdep.rollout.analysis.findings import KEPT

REQUESTS = (1_000, 2_000, 3_000, 5_000, 10_000, 20_000)
_FAIL = (0.01, 0.001)
HEADINGS = ["REQUESTS", *(f"{100 * rate:g} % FAIL, {what}" for rate in _FAIL for what in ("ANY LOOK %", "LAST LOOK %"))]
_DEFAULT = ours.ANALYSIS.model_copy(update={"metrics": ours.ANALYSIS.metrics[:3]})
"""The metrics of a manifest that names none."""


def rows(rollouts: int) -> Iterator[list[str]]:
    """Of both predictors in the last step, half of them the canary's, and how many of 100 canaries have passed by then."""
    for requests in REQUESTS:
        found = [
            _passed(service(errors=rate), requests, rollouts, last=last) for rate in _FAIL for last in (False, True)
        ]
        yield [f"{requests:,}", *(f"{100 * share:.3g}" for share in found)]


def _passed(both: Service, requests: int, rollouts: int, *, last: bool) -> float:
    """At one look; where any look may be the last, nothing is kept."""
    draw = np.random.default_rng(requests)
    arms = step((both, both), requests / (STEP_LOOKS * LOOK_SECONDS), 0.5, rollouts, draw)
    whole = [arm.until_each_look() for arm in arms]
    pairs = [tuple(ours.evidence(arm, (STEP_LOOKS - 1, number)) for arm in whole) for number in range(rollouts)]
    look = Look(steps=ours.STEPS, share=None, last=last, kept=KEPT if last else 0.0)
    said = [verdict(analyse(_DEFAULT, stable, canary, look)) for stable, canary in pairs]
    return said.count("Pass") / rollouts
