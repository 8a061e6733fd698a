"""Times as Kubernetes writes them."""

from __future__ import annotations

from datetime import datetime, timedelta


def seconds_between(earlier: str, later: str) -> float:
    """Both RFC 3339."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def timestamp(moment: str) -> float:
    """Seconds since 1970."""
    return datetime.fromisoformat(moment).timestamp()


def after(moment: str, seconds: float) -> str:
    """RFC 3339, in whole seconds, of a moment so much later."""
    return (datetime.fromisoformat(moment) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
