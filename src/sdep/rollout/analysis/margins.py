"""How much worse a canary may be where the manifest does not say."""

from __future__ import annotations

from collections.abc import Mapping

from sdep.api.rollout import Measure, Metric, PredictionDistance

DEFAULT_MARGINS: Mapping[Measure, float] = {
    "errors": 0.5,
    "refusals": 2.0,
    "latency": 25.0,
    "predictions": 10.0,
}
"""Percentage points, percentage points, percent, percent of distance."""
DISTANCE_MARGINS: Mapping[PredictionDistance, float] = {"Wasserstein": 20.0}
"""Where that of predictions would be another: these allow normal numbers to move by a quarter of their standard deviation."""


def margin(metric: Metric) -> float:
    if metric.margin is not None:
        return metric.margin
    own = DEFAULT_MARGINS[metric.name]
    return DISTANCE_MARGINS.get(metric.distance, own) if metric.distance and metric.name == "predictions" else own
