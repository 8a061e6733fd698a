"""Tests and their chances, beside SciPy's and statsmodels', which are outside judges of the same formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from sdep.drift.correction import benjamini_hochberg, holm
from sdep.drift.measures import (
    greatest_difference,
    homogeneity,
    kolmogorov_smirnov,
    population_stability,
    total_variation,
    wilson_low,
)
from sdep.drift.tails import chi_square, kolmogorov

COUNTS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=2, max_size=20).filter(
    lambda pairs: all(sum(each) for each in zip(*pairs, strict=True))
)


@settings(deadline=None)
@given(st.floats(0, 2000), st.integers(1, 200))
def test_chi_squares_tail_is_scipys(statistic: float, freedom: int) -> None:
    """Both ways of computing it, and where they meet."""
    assert chi_square(statistic, freedom) == pytest.approx(stats.chi2.sf(statistic, freedom), rel=1e-8, abs=1e-13)


@settings(deadline=None)
@given(COUNTS)
def test_homogeneity_is_scipys(pairs: list[tuple[int, int]]) -> None:
    """Pearson's test of the two rows, without bins in which nothing is."""
    table = np.array([pair for pair in pairs if sum(pair)]).T
    expected = stats.chi2_contingency(table, correction=False).pvalue if table.shape[1] > 1 else 1.0
    assert homogeneity(*zip(*pairs, strict=True)) == pytest.approx(expected, rel=1e-7, abs=1e-13)


@pytest.mark.parametrize(("one", "other"), [(50, 50), (100, 1000), (1000, 1000)])
def test_kolmogorovs_tail_is_near_the_exact_one(one: int, other: int) -> None:
    """With Stephens' correction within a tenth of SciPy's exact chances, where those decide anything."""
    root = np.sqrt(one * other / (one + other))
    for scaled in (1.2, 1.4, 1.7):
        distance = scaled / root
        exact = stats.kstwo.sf(distance, round(one * other / (one + other)))
        assert kolmogorov(distance, one, other) == pytest.approx(exact, rel=0.12)


@settings(deadline=None)
@given(COUNTS)
def test_distances_lie_between_none_and_all(pairs: list[tuple[int, int]]) -> None:
    """Equal rows are 0 apart, the greatest difference is no more than the total variation, and the index is no less than 0."""
    one, other = zip(*pairs, strict=True)
    assert greatest_difference(one, one) == total_variation(one, one) == population_stability(one, one) == 0
    assert 0 <= greatest_difference(one, other) <= total_variation(one, other) + 1e-12
    assert total_variation(one, other) <= 1 + 1e-12
    assert population_stability(one, other) >= 0
    assert 0 <= kolmogorov_smirnov(one, other) <= 1


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_corrections_are_statsmodels(values: list[float]) -> None:
    """Holm's and Benjamini and Hochberg's adjusted values."""
    assert holm(values) == pytest.approx(multipletests(values, method="holm")[1].tolist())
    assert benjamini_hochberg(values) == pytest.approx(multipletests(values, method="fdr_bh")[1].tolist())


@settings(deadline=None)
@given(st.integers(0, 100), st.integers(1, 100))
def test_wilsons_bound_is_statsmodels(hits: int, trials: int) -> None:
    """The lower end of the interval of a share."""
    hits = min(hits, trials)
    low, _ = proportion_confint(hits, trials, alpha=0.05, method="wilson")
    assert wilson_low(hits, trials, stats.norm.isf(0.025)) == pytest.approx(low, abs=1e-12)
