"""How much worse a canary may be where the manifest does not say."""

from __future__ import annotations

from collections.abc import Mapping

from sdep.api.rollout import Measure, Metric

DEFAULT_MARGINS: Mapping[Measure, float] = {
    "errors": 0.5,
    "refusals": 2.0,
    "latency": 25.0,
    "predictions": 10.0,
}
"""Percentage points, percentage points, percent, percent of distance."""


def margin(metric: Metric) -> float:
    return DEFAULT_MARGINS[metric.name] if metric.margin is None else metric.margin
