"""Windows of what pods told: when they are whole, and what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdep.api.drift import DriftDetector, DriftWindow
from sdep.api.drift_status import DriftStatus
from sdep.drift.window import MOST_WINDOWS, advance, begun
from sdep.evidence.watched import Counts, Watched
from tests.unit.drift.streams import columns, profile, told

START, LATER, AN_HOUR_LATER = "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z", "2026-01-01T01:00:00Z"
DETECTOR = DriftDetector()


def after(*news: Watched, detector: DriftDetector = DETECTOR, now: str = LATER) -> DriftStatus:
    return advance(detector, begun("main", START), news, now)


def test_a_window_like_the_reference_is_no_drift() -> None:
    """Other numbers of the same distributions."""
    found = after(told(columns(5, 1000)))
    assert (found.reason, found.rows, found.since) == ("NoDrift", 0, LATER)
    assert [one.drifted for one in found.findings] == [False] * len(found.findings)
    assert (found.windows[0].rows, found.windows[0].drifted) == (1000, 0)


def test_every_row_of_every_request_is_counted() -> None:
    """Many requests are counted together, and none of their rows is lost on the way."""
    seen = {series.key: series.seen.total for series in told(columns(5, 1000)).series}
    assert set(seen.values()) == {1000}


def test_one_feature_that_moved_is_found_and_named() -> None:
    """Half a standard deviation of one of three features."""
    oil, gas, colour = columns(5, 1000)
    found = after(told([oil, gas + 0.5, colour]))
    assert found.reason == "FeaturesDrifted"
    assert [one.name for one in found.findings if one.drifted] == ["gas"]
    assert "gas is" in found.message


def test_categories_that_moved_are_found() -> None:
    """The same colours, others more often."""
    oil, gas, _ = columns(5, 1000)
    found = after(told([oil, gas, np.array(["red", "green"] * 500, dtype=object)]))
    assert [one.name for one in found.findings if one.drifted] == ["colour"]


def test_predictions_that_moved_are_found() -> None:
    """The inputs are as ever, the answers are not."""
    found = after(told(columns(5, 1000), predicted=np.full(1000, 2.0)))
    assert found.reason == "PredictionsDrifted"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            lambda oil, colour: (np.where(np.arange(1000) % 8 == 0, np.nan, oil), colour),
            "12.5 % of oil's values are missing",
        ),
        (
            lambda oil, colour: (np.where(np.arange(1000) % 12 == 0, 50.0, oil), colour),
            "are out of the reference data's range",
        ),
        (lambda oil, colour: (oil, np.where(np.arange(1000) % 12 == 0, "mauve", colour)), "are new categories"),
        (lambda oil, colour: (np.where(np.arange(1000) % 12 == 0, 50.0, oil), colour), "of rows are outliers"),
    ],
)
def test_damaged_data_is_said(damage: object, said: str) -> None:
    """Missing values, values out of range, new categories and rows that are far off, whatever the distribution does."""
    oil, gas, colour = columns(5, 1000)
    oil, colour = damage(oil, colour.copy())  # type: ignore[operator]
    found = after(told([oil, gas, colour]))
    assert found.reason == "QualityDegraded"
    assert said in found.message


def test_a_difference_within_the_margin_is_no_drift() -> None:
    """A million rows make any difference certain; one of a few percent is none that counts."""
    seen = told(columns(5, 1000))
    moved = seen.series[0].model_copy(update={"seen": Counts(bins=(150_000, *(100_000,) * 8, 50_000))})
    found = after(seen.model_copy(update={"rows": 1_000_000, "series": (moved, *seen.series[1:])}))
    finding = next(one for one in found.findings if one.name == "oil")
    assert (finding.drifted, finding.p_value) == (False, pytest.approx(0, abs=0.01))
    assert 0 < (finding.distance or 0) < 10


def test_a_window_ends_by_rows_or_by_time() -> None:
    """A thousand rows by default, or an hour with a hundred at least."""
    for rows, reason in ((150, "NoDrift"), (50, "Collecting")):
        few = told(columns(5, rows))
        state = after(few, now=START)
        assert (state.reason, state.rows) == ("Collecting", rows)
        assert advance(DETECTOR, state, [few.since(few)], AN_HOUR_LATER).reason == reason


@settings(deadline=None, max_examples=10)
@given(parts=st.lists(st.integers(1, 400), min_size=1, max_size=6), together=st.booleans())
def test_pods_and_looks_add_up(*, parts: list[int], together: bool) -> None:
    """Whether one look hears of all, or every look of one: the window has the same counts."""
    detector = DriftDetector(window=DriftWindow(rows=10_000))
    shared = profile()
    news = [told(columns(rows, rows), of=shared) for rows in parts]
    state = begun("main", START)
    for heard in [news] if together else [[one] for one in news]:
        state = advance(detector, state, heard, LATER)
    assert state.rows == sum(parts)
    assert sum(Counts.parse(state.counts["feature oil"]).bins) == sum(parts)


def test_what_is_told_twice_counts_once() -> None:
    """Pods tell totals; only what is new since the last telling is added."""
    oil, gas, colour = columns(5, 300)
    first, whole = told([oil[:100], gas[:100], colour[:100]]), told([oil, gas, colour])
    assert whole.since(first).rows == 200
    assert sum(whole.since(first).series[0].seen.bins) == 200
    assert first.since(whole) == first  # the pod was started anew


def test_another_reference_begins_another_window() -> None:
    """A new model's bins can not be added to the old ones'."""
    old, new = told(columns(5, 150)), told(columns(6, 120)).model_copy(update={"reference": "other"})
    found = advance(DETECTOR, after(old), [new], AN_HOUR_LATER)
    assert (found.reference, found.rows, found.since) == ("other", 120, AN_HOUR_LATER)


def test_without_reference_the_reason_is_the_pods() -> None:
    """The operator says what the pod says, and what to log."""
    found = after(Watched(reason="ReferenceNotFound", message="log a table"))
    assert (found.reason, found.message) == ("ReferenceNotFound", "log a table")


def test_nothing_new_changes_nothing() -> None:
    """A look at which no pod has seen anything writes no status."""
    state = after(told(columns(5, 150)))
    seen = told(columns(5, 150))
    assert advance(DETECTOR, state, [seen.since(seen)], "2026-01-01T00:02:00Z") == state
    assert advance(DETECTOR, state, [], "2026-01-01T00:02:00Z") == state


def test_windows_are_remembered_within_bounds() -> None:
    """A status does not grow with time."""
    state, news = begun("main", START), told(columns(5, 1000))
    for _ in range(MOST_WINDOWS + 5):
        state = advance(DETECTOR, state, [news], LATER)
    assert len(state.windows) == MOST_WINDOWS


def test_false_alarms_are_rarer_than_asked() -> None:
    """Of windows without drift, judged by the whole family of tests, fewer than alpha are called drift."""
    shared = profile()
    alarms = [
        after(told(columns(seed, 200), of=shared), detector=DriftDetector(window=DriftWindow(rows=200)))
        for seed in range(100, 200)
    ]
    assert sum(one.reason != "NoDrift" for one in alarms) <= 10
