"""Quantities of Kubernetes are added up."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sdep.api.quantity import added, parse, total


@pytest.mark.parametrize(
    ("text", "value"),
    [("500m", "0.5"), ("1", "1"), ("1.5", "1.5"), ("2Ki", "2048"), ("1M", "1000000"), ("1e3", "1000"), ("1E", "1e18")],
)
def test_every_form_of_a_quantity_is_read(text: str, value: str) -> None:
    assert parse(text) == Decimal(value)


def test_what_is_no_quantity_is_refused() -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        parse("much")


def test_a_sum_is_whole_or_in_thousandths() -> None:
    assert added(["500m", 1]) == "1500m"
    assert added(["1Gi", "1Mi"]) == str(1024**3 + 1024**2)


def test_one_that_asks_for_something_is_passed_on_as_it_is_written() -> None:
    assert total([None, {"limits": {"memory": "1Gi"}}]) == {"limits": {"memory": "1Gi"}}


def test_requests_add_up_and_a_limit_counts_only_if_all_have_it() -> None:
    one = {"requests": {"cpu": "1"}, "limits": {"memory": "1", "cpu": "2"}}
    two = {"requests": {"memory": "5"}, "limits": {"memory": "2"}}
    assert total([one, two]) == {"requests": {"cpu": "1", "memory": "5"}, "limits": {"memory": "3"}}
