"""Windows of a freeze: every week by the clocks of a place, or once."""

from __future__ import annotations

import pytest
import yaml

from sdep.api.freeze import FreezeWindow, fault, frozen_until

WEEKEND = {"from": "Fri 16:00", "to": "Mon 08:00", "timeZone": "Europe/Berlin"}
CHRISTMAS = {"from": "2026-12-20T00:00:00Z", "to": "2027-01-02T00:00:00+01:00"}


def window(**given: object) -> FreezeWindow:
    return FreezeWindow.model_validate(given, by_alias=True, by_name=False)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-07-03T13:59:59Z", ""),  # a Friday, in summer two hours before Berlin
        ("2026-07-03T14:00:00Z", "2026-07-06T06:00:00Z"),
        ("2026-07-05T00:00:00Z", "2026-07-06T06:00:00Z"),
        ("2026-07-06T05:59:59Z", "2026-07-06T06:00:00Z"),
        ("2026-07-06T06:00:00Z", ""),
        ("2026-01-02T15:00:00Z", "2026-01-05T07:00:00Z"),  # in winter one hour
        ("2026-03-28T12:00:00Z", "2026-03-30T06:00:00Z"),  # the clocks change on that weekend
        ("2026-10-24T12:00:00Z", "2026-10-26T07:00:00Z"),
        ("2026-07-01T12:00:00Z", ""),
    ],
)
def test_a_weekly_window_follows_the_clocks_of_its_time_zone(now: str, until: str) -> None:
    assert frozen_until([window(**WEEKEND)], now) == until


@pytest.mark.parametrize(
    ("begin", "end", "now", "until"),
    [
        ("Tue 09:00", "Tue 17:00", "2026-07-07T09:00:00Z", "2026-07-07T17:00:00Z"),
        ("Tue 09:00", "Tue 17:00", "2026-07-07T17:00:00Z", ""),
        ("Tue 17:00", "Tue 09:00", "2026-07-07T12:00:00Z", ""),
        ("Tue 17:00", "Tue 09:00", "2026-07-07T08:00:00Z", "2026-07-07T09:00:00Z"),
        ("Tue 17:00", "Tue 09:00", "2026-07-10T12:00:00Z", "2026-07-14T09:00:00Z"),
        ("Sun 22:00", "Mon 6:00", "2026-07-06T05:00:00Z", "2026-07-06T06:00:00Z"),
    ],
)
def test_a_weekly_window_may_be_within_a_day_or_go_over_the_end_of_the_week(
    begin: str, end: str, now: str, until: str
) -> None:
    assert frozen_until([window(**{"from": begin, "to": end})], now) == until


def test_an_hour_that_the_clocks_show_twice_belongs_to_a_window_that_begins_before_it() -> None:
    night = window(**{"from": "Sat 20:00", "to": "Sun 04:00", "timeZone": "Europe/Berlin"})
    for now in ("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"):  # both are 02:30
        assert frozen_until([night], now) == "2026-10-25T03:00:00Z"


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-12-19T23:59:59Z", ""),
        ("2026-12-20T00:00:00Z", "2027-01-01T23:00:00Z"),
        ("2027-01-01T23:00:00Z", ""),
    ],
)
def test_a_dated_window_is_once(now: str, until: str) -> None:
    assert frozen_until([window(**CHRISTMAS)], now) == until


def test_a_date_without_an_offset_is_of_the_time_zone_and_yaml_may_read_it_as_a_date() -> None:
    given = yaml.safe_load("{from: 2026-12-24, to: 2026-12-27T12:00:00, timeZone: America/New_York}")
    assert frozen_until([window(**given)], "2026-12-24T05:00:00Z") == "2026-12-27T17:00:00Z"
    assert frozen_until([window(**given)], "2026-12-24T04:59:59Z") == ""


def test_of_several_windows_the_one_that_ends_last_says_until_when() -> None:
    both = [window(**{"from": "2026-07-03T00:00:00Z", "to": "2026-08-01T00:00:00Z"}), window(**WEEKEND)]
    assert frozen_until(both, "2026-07-04T00:00:00Z") == "2026-08-01T00:00:00Z"
    assert frozen_until([], "2026-07-04T00:00:00Z") == ""


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"from": "Friday 16:00"}, "from", "write a day and a time such as 'Fri 16:00'"),
        ({"to": "Mon 25:00"}, "to", "write a day and a time"),
        ({"to": "2026-12-20T00:00:00Z"}, "to", "of the same form"),
        ({"to": "Fri 16:00"}, "to", "after from"),
        ({"from": "2026-12-21T00:00:00Z", "to": "2026-12-20T00:00:00Z"}, "to", "after from"),
        ({"timeZone": "Europe/Bärlin"}, "timeZone", "no time zone that is known here"),
        ({"timeZone": "../../etc/passwd"}, "timeZone", "no time zone"),
        ({"timeZone": "Europe"}, "timeZone", "no time zone"),
        ({"timeZone": ""}, "timeZone", "no time zone"),
        ({}, "", ""),
    ],
)
def test_what_is_no_window_names_its_field(given: dict[str, str], field: str, message: str) -> None:
    found = fault(window(**{**WEEKEND, **given}))
    assert found[0] == field
    assert message in found[1]
