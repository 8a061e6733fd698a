"""Histograms of significant digits lose nothing but digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdep.evidence.evidence import Evidence, bounded
from sdep.evidence.histogram import MOST_VALUES, Histogram, of, rounded

NUMBERS = st.lists(st.floats(-1e9, 1e9, allow_subnormal=False), max_size=60)


def test_values_that_differ_in_the_last_digit_kept_are_told_apart() -> None:
    assert of([2024, 2025, 2025.4]).counts == {2024: 1, 2025: 2}


def test_many_values_cost_a_digit_and_no_count() -> None:
    wide = of(number / 7 for number in range(1, 5000))
    assert len(wide.counts) <= MOST_VALUES
    assert wide.digits < 4
    assert wide.total == 4999


@given(NUMBERS, NUMBERS)
def test_what_was_added_can_be_taken_away(before: list[float], after: list[float]) -> None:
    first, both = of(before), of(before).plus(of(after))
    assert both.minus(first) == of(after).coarser(both.digits)


@given(NUMBERS)
def test_text_says_it_all(values: list[float]) -> None:
    assert Histogram.parse(str(of(values))) == of(values)


@given(st.floats(-1e12, 1e12, allow_subnormal=False), st.integers(1, 4))
def test_a_value_is_kept_to_its_digits(value: float, digits: int) -> None:
    assert rounded(value, digits) == pytest.approx(value, rel=0.51 * 10 ** (1 - digits))


def test_a_quantile_is_a_value_that_so_many_do_not_exceed() -> None:
    assert of(range(1, 101)).quantile(0.99) == 99
    assert of([5]).quantile(0.5) == 5
    with pytest.raises(ValueError, match="empty"):
        of([]).quantile(0.5)


@pytest.mark.parametrize("text", ["", "3", "9|1:2", "3|x", "x|1:2"])
def test_other_text_is_no_histogram(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - several parsers say it in their own words
        Histogram.parse(text)


def test_evidence_survives_json_and_a_pod_that_was_started_anew() -> None:
    seen = Evidence(requests=5, errors=1, latency=of([0.1, 0.2], 2), predictions=of([78.3]), classes={"a": 2})
    assert Evidence.model_validate_json(seen.model_dump_json(by_alias=True)) == seen
    assert seen.plus(seen).since(seen) == seen
    assert seen.since(Evidence(requests=9)) == seen


def test_classes_are_bounded_and_none_is_lost() -> None:
    kept = bounded({f"c{number}": number for number in range(200)})
    assert len(kept) == 50
    assert sum(kept.values()) == sum(range(200))
