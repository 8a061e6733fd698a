"""By whose requests the failures of each look were, a canary that fails more often is told soon, and one that does not seldom."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from sdep.api.rollout import Analysis, Metric
from sdep.api.status import Finding
from sdep.evidence.evidence import Evidence
from sdep.rollout.analysis import Look, analyse
from sdep.rollout.analysis.odds import ODDS, weighed, worse
from sdep.rollout.analysis.proportions import Share

ARMS = st.integers(1, 60).flatmap(lambda trials: st.integers(0, trials).map(lambda hits: Share(hits, trials)))


@settings(deadline=None)  # a busy machine is no failure
@given(ARMS, ARMS)
def test_each_ratio_is_weighed_by_fishers_distribution(stable: Share, canary: Share) -> None:
    """As long as there is a failure: without one a look says nothing."""
    hits, total = int(stable.hits + canary.hits), stable.trials + canary.trials
    alike = hypergeom(total, hits, canary.trials)
    own = range(max(0, hits - stable.trials), min(hits, canary.trials) + 1)
    expected = [canary.hits * math.log(odds) - math.log(sum(alike.pmf(k) * odds**k for k in own)) for odds in ODDS]
    assert weighed([], stable, canary) == pytest.approx(expected if hits else [0.0] * len(ODDS), abs=1e-6)


def looks(draw: random.Random, times: float) -> list[tuple[Share, Share]]:
    """Rates and weights change from look to look, for both predictors; the canary fails so many times as often."""
    found = []
    for look in range(60):
        rate, sizes = draw.choice((0.001, 0.01, 0.01, 0.3)), ((95, 5), (75, 25), (50, 50))[look // 20]
        hits = [
            sum(draw.random() < one for _ in range(size)) for one, size in zip((rate, rate * times), sizes, strict=True)
        ]
        found.append((Share(hits[0], sizes[0]), Share(hits[1], sizes[1])))
    return found


def ever_worse(draw: random.Random, times: float, alpha: float) -> bool:
    logs: list[float] = []
    found = False
    for arms in looks(draw, times):
        logs = weighed(logs, *arms)
        found = found or worse(logs, alpha)
    return found


def test_predictors_that_fail_alike_are_seldom_told_apart_however_often_one_looks() -> None:
    draw = random.Random(1)  # noqa: S311 - a test draws the same every time
    assert sum(ever_worse(draw, 1, 0.2) for _ in range(150)) <= 0.2 * 150


def test_a_canary_that_fails_twice_as_often_is_told_although_rates_change() -> None:
    draw = random.Random(2)  # noqa: S311 - a test draws the same every time
    assert sum(ever_worse(draw, 2, 0.01) for _ in range(30)) >= 29


def judged(stable: Evidence, canary: Evidence, logs: list[float] | None) -> Finding:
    analysis = Analysis(metrics=[Metric(name="errors"), Metric(name="latency")])
    return analyse(analysis, stable, canary, Look(steps=3, share=None, odds={"errors": logs} if logs else {}))[0]


def test_what_all_looks_say_decides_whether_a_canary_is_worse_and_its_rate_whether_by_too_much() -> None:
    """The chance of a false alarm is shared with the other metrics and the last look, and not with the other steps."""
    stable, worse_canary = Evidence(requests=2000, errors=20), Evidence(requests=400, errors=10)
    alike = Evidence(requests=400, errors=5)
    enough, too_little = [math.log(2 * 2 / 0.05) + shift for shift in (0.01, -0.01)]
    assert judged(stable, worse_canary, None).verdict == "Inconclusive"
    assert judged(stable, worse_canary, [too_little] * len(ODDS)).verdict == "Inconclusive"
    assert judged(stable, alike, [enough] * len(ODDS)).verdict == "Inconclusive"
    finding = judged(stable, worse_canary, [enough] * len(ODDS))
    assert (finding.verdict, finding.low) == ("Fail", 0)
    assert finding.message.startswith(
        "2.5 % of 400 requests failed, 1.0 % of 2,000 at the stable predictor: surely worse by 1.5 points"
    )
