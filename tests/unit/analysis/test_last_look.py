"""One look whose time is fixed before: what it tells that no look of many could, and how seldom it is wrong."""

from __future__ import annotations

import math
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom

from sdep.api.rollout import Analysis, Metric
from sdep.api.status import Finding
from sdep.evidence.evidence import Evidence
from sdep.rollout.analysis import Look, analyse
from sdep.rollout.analysis.bands import band, bands_once
from sdep.rollout.analysis.critical import critical
from sdep.rollout.analysis.exact_difference import exactly_most
from sdep.rollout.analysis.hypergeometric import as_many
from sdep.rollout.analysis.interval import Interval, Kept, Risk
from sdep.rollout.analysis.odds import ODDS
from sdep.rollout.analysis.proportions import Share
from tests.unit.analysis.test_analyse import EVERY, answered

ARMS = st.integers(1, 300).flatmap(lambda trials: st.integers(0, trials).map(lambda hits: Share(hits, trials)))


def judged(stable: Evidence, canary: Evidence, analysis: Analysis = EVERY, *, last: bool = True) -> dict[str, Finding]:
    found = analyse(analysis, stable, canary, Look(steps=3, share=None, last=last))
    return {finding.metric: finding for finding in found}


@settings(deadline=None)  # a busy machine is no failure
@given(ARMS, ARMS)
def test_more_hits_than_its_part_have_fishers_chance(stable: Share, canary: Share) -> None:
    total, hits = stable.trials + canary.trials, int(stable.hits + canary.hits)
    expected = hypergeom.sf(canary.hits - 1, total, hits, canary.trials)
    more = canary.hits * total > hits * canary.trials
    assert as_many(stable, canary) == (pytest.approx(expected, rel=1e-6) if more else 1)


@pytest.mark.parametrize(("rate", "apart"), [(0.0, 0.15), (0.02, 0.1), (0.05, 0.2), (0.3, 0.1), (0.5, 0.4)])
def test_a_difference_is_more_than_its_bound_with_no_greater_chance_than_alpha(rate: float, apart: float) -> None:
    """Every result of two small arms, by its chance: at 23 and 11 trials no approximation would do."""
    alpha = 0.1
    missed = sum(
        binom.pmf(hits, 23, rate) * binom.pmf(own, 11, rate + apart)
        for hits, own in product(range(24), range(12))
        if binom.pmf(hits, 23, rate) > 1e-6 and exactly_most(Share(hits, 23), Share(own, 11), alpha) < apart
    )
    assert missed <= alpha


@pytest.mark.parametrize(("quantile", "below", "above"), [(0.5, 200, 90), (0.99, 900, 900), (0.9, 60, 2000)])
def test_what_two_quantiles_speak_by_at_one_look_has_just_the_chance_that_is_kept(
    quantile: float, below: int, above: int
) -> None:
    most, alpha = critical(quantile, below, above, 0.02), 0.02
    grid = list(product(range(below + 1), range(above + 1)))
    speak = {
        (hits, trials, sign): _speaks(hits, trials, quantile, sign)
        for trials, sign in ((below, 1), (above, -1))
        for hits in range(trials + 1)
    }
    one, other = binom.pmf(range(below + 1), below, quantile), binom.pmf(range(above + 1), above, quantile)

    def chance(least: float) -> float:
        return sum(one[a] * other[b] for a, b in grid if speak[a, below, 1] + speak[b, above, -1] >= least)

    assert chance(most) <= alpha + 1e-9 < chance(0.8 * most)


def _speaks(hits: int, trials: int, quantile: float, sign: int) -> float:
    if sign * (hits - quantile * trials) <= 0:
        return 0.0
    share = hits / trials
    rest = (1 - share) * math.log((1 - share) / (1 - quantile)) if share < 1 else 0.0
    return trials * ((share * math.log(share / quantile) if share else 0.0) + rest)


def test_bands_of_one_look_are_half_as_wide_as_those_of_all() -> None:
    assert bands_once(900, 900, 0.05) < 0.55 * (band(900, 0.025) * 2)
    assert bands_once(900, 400, 0.05) > bands_once(900, 900, 0.05)


def test_a_canary_like_the_stable_predictor_passes_by_the_last_look_with_a_quarter_of_the_requests() -> None:
    stable, canary = answered(5000, 1, errors=0.004), answered(5000, 2, errors=0.004)
    any_look, last = (judged(stable, canary, last=last) for last in (False, True))
    assert {name for name, finding in any_look.items() if finding.verdict == "Pass"} == {"refusals"}
    assert {finding.verdict for finding in last.values()} == {"Pass"}


@pytest.mark.parametrize(
    ("measure", "worse", "requests"),
    [("errors", {"errors": 0.05}, 500), ("latency", {"slower": 1.4}, 120), ("predictions", {"shift": 0.35}, 500)],
)
def test_a_worse_canary_fails_by_the_last_look_where_no_look_before_could_tell(
    measure: str, worse: dict[str, float], requests: int
) -> None:
    stable, canary = answered(requests, 1), answered(requests, 2, **worse)
    assert judged(stable, canary, last=False)[measure].verdict == "Inconclusive"
    assert judged(stable, canary)[measure].verdict == "Fail"


def test_the_last_look_believes_no_sum_of_which_the_single_looks_say_otherwise() -> None:
    """An outage while most pods of the canary were away makes the stable predictor's rate, or the canary's, no one's."""
    stable, canary = Evidence(requests=2000, errors=20), Evidence(requests=2000, errors=60)
    analysis = Analysis(metrics=[Metric(name="errors")])
    verdicts = [
        analyse(analysis, stable, canary, Look(steps=3, share=None, odds={"errors": [log] * len(ODDS)}, last=True))[
            0
        ].verdict
        for log in (0.1, -0.1)
    ]
    assert verdicts == ["Fail", "Inconclusive"]


def test_half_of_alpha_is_kept_for_it_from_every_look_before() -> None:
    stable, canary = answered(2000, 1), answered(2000, 2)
    halved = EVERY.model_copy(update={"alpha": EVERY.alpha / 2})
    before = judged(stable, canary, last=False)
    whole = {finding.metric: finding for finding in analyse(halved, stable, canary, Look(steps=3, share=None, kept=0))}
    assert before == whole
    assert (judged(stable, canary)["latency"].high or math.inf) < (before["latency"].high or 0)


def test_what_stays_open_says_how_many_requests_would_tell() -> None:
    assert Interval(1.0, -1.0, 4.0).lacking(2) == 9
    assert Interval(3.0, -1.0, 4.0).lacking(2) == math.inf
    stable, canary = answered(500, 1), answered(500, 3)
    finding = judged(stable, canary)["predictions"]
    assert finding.verdict == "Inconclusive"
    assert finding.message.endswith("times as many requests would tell")
    assert "the last look" not in judged(stable, canary, last=False)["predictions"].message


def test_ways_in_which_one_measure_may_fail_share_what_is_kept_too() -> None:
    risk = Risk(worse=0.06, passed=0.05, kept=0.5, last=Kept(worse=0.03, passed=0.025)).shared(3)
    assert (risk.worse, risk.early.worse) == pytest.approx((0.02, 0.01))
    assert risk.last == Kept(worse=pytest.approx(0.01), passed=0.025)
