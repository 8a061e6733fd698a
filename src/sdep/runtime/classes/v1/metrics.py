"""`seldon_core.metrics`: makes the dictionaries of which `metrics()` returns a list."""

from __future__ import annotations

from numbers import Real
from typing import Any

COUNTER, GAUGE, TIMER = "COUNTER", "GAUGE", "TIMER"


def create_counter(key: str, value: float) -> dict[str, Any]:
    return _metric(COUNTER, key, value)


def create_gauge(key: str, value: float) -> dict[str, Any]:
    return _metric(GAUGE, key, value)


def create_timer(key: str, value: float) -> dict[str, Any]:
    """`value` is milliseconds."""
    return _metric(TIMER, key, value)


def validate_metrics(metrics: object) -> bool:
    return isinstance(metrics, list) and all(_valid(metric) for metric in metrics)


def _metric(kind: str, key: str, value: float) -> dict[str, Any]:
    if not isinstance(value, Real):
        raise TypeError(f"the value of the metric '{key}' must be a number, not {type(value).__name__}")
    return {"key": key, "type": kind, "value": value}


def _valid(metric: object) -> bool:
    return (
        isinstance(metric, dict)
        and isinstance(metric.get("key"), str)
        and metric.get("type") in {COUNTER, GAUGE, TIMER}
        and isinstance(metric.get("value"), Real)
    )
