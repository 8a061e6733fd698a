"""How long ago, in as few characters as kubectl takes."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def age(then: str, at: datetime) -> str:
    """`3m` since an RFC 3339 time; "" for none."""
    if not then:
        return ""
    seconds = max(int((at - datetime.fromisoformat(then)).total_seconds()), 0)
    for unit, length, up_to in (("s", 1, 120), ("m", 60, 7_200), ("h", 3_600, 172_800)):
        if seconds < up_to:
            return f"{seconds // length}{unit}"
    return f"{seconds // 86_400}d"
