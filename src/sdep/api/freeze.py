"""Times in which nobody wants a rollout to go on: every week (`Fri 16:00`), or once (`2026-12-20T00:00:00Z`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, WithJsonSchema

from sdep.api.base import KubeModel

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEKLY = re.compile(rf"({'|'.join(_DAYS)}) ([01]?[0-9]|2[0-3]):([0-5][0-9])")
_WEEK = 7


def _as_text(value: object) -> object:
    """YAML reads a date without quotes as a date."""
    return value.isoformat() if isinstance(value, date) else value


Moment = Annotated[str, BeforeValidator(_as_text), WithJsonSchema({"type": "string"})]


class FreezeWindow(KubeModel):
    """From one moment to the other, both weekly or both dated. `timeZone` is an IANA name, for what has no offset of its own."""

    from_: Moment = Field(alias="from")
    to: Moment
    time_zone: str = "UTC"


def fault(window: FreezeWindow) -> tuple[str, str]:
    """The field that is wrong and why; two empty texts where it is a window."""
    if _zone(window) is None:
        return "timeZone", f"{window.time_zone!r} is no time zone that is known here: write one such as Europe/Berlin"
    begin, end = (_moment(text, window) for text in (window.from_, window.to))
    for field, moment in (("from", begin), ("to", end)):
        if moment is None:
            return field, "write a day and a time such as 'Fri 16:00', or a date such as 2026-12-20T00:00:00Z"
    if isinstance(begin, datetime) != isinstance(end, datetime):
        return "to", "must be of the same form as from: both weekly, or both dates"
    if begin == end or (isinstance(begin, datetime) and isinstance(end, datetime) and begin > end):
        return "to", "must be after from"
    return "", ""


def frozen_until(windows: Sequence[FreezeWindow], now: str) -> str:
    """When the last of the windows ends that `now` is in, both RFC 3339; "" where it is in none."""
    moment = datetime.fromisoformat(now).astimezone(UTC)
    ends = [end for window in windows if (end := _end(window, moment))]
    return max(ends).strftime("%Y-%m-%dT%H:%M:%SZ") if ends else ""


def _end(window: FreezeWindow, now: datetime) -> datetime | None:
    zone, begin, end = _zone(window), _moment(window.from_, window), _moment(window.to, window)
    if isinstance(begin, datetime) and isinstance(end, datetime):
        return end if begin <= now < end else None
    if isinstance(begin, tuple) and isinstance(end, tuple) and zone:
        began = _last(begin, now, zone)
        ends = _next(end, began, zone)
        return ends if now < ends else None
    return None


def _zone(window: FreezeWindow) -> tzinfo | None:
    try:
        return ZoneInfo(window.time_zone)
    except (LookupError, ValueError, OSError):  # unknown, a path, a folder of zones
        return None


def _moment(text: str, window: FreezeWindow) -> datetime | tuple[int, time] | None:
    """In UTC, or a day of the week and a local time; None where it is neither."""
    if found := _WEEKLY.fullmatch(text):
        return _DAYS.index(found[1]), time(int(found[2]), int(found[3]))
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=_zone(window))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _last(weekly: tuple[int, time], now: datetime, zone: tzinfo) -> datetime:
    """The last time that it was that day and time. Compared in UTC: of a zone's own times Python compares what the clocks show."""
    today = now.astimezone(zone).date()
    day = today - timedelta((today.weekday() - weekly[0]) % _WEEK)
    found = _at(day, weekly[1], zone)
    return found if found <= now else _at(day - timedelta(_WEEK), weekly[1], zone)


def _next(weekly: tuple[int, time], after: datetime, zone: tzinfo) -> datetime:
    today = after.astimezone(zone).date()
    day = today + timedelta((weekly[0] - today.weekday()) % _WEEK)
    found = _at(day, weekly[1], zone)
    return found if found > after else _at(day + timedelta(_WEEK), weekly[1], zone)


def _at(day: date, clock: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)
