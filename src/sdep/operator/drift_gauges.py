"""What drift detectors have found, as gauges: bounded, since a status has few findings and ten of them are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sdep.drift.window import DETECTED
from sdep.operator.metrics import DRIFT_DETECTED, DRIFT_DISTANCE

MOST_FEATURES = 10


def measure_drift(sdeps: Iterable[Mapping[str, Any]]) -> None:
    """As each status says; a predictor that is no longer watched has no series."""
    DRIFT_DETECTED.clear()
    DRIFT_DISTANCE.clear()
    for body in sdeps:
        owner = body["metadata"]["namespace"], body["metadata"]["name"]
        for state in (body.get("status") or {}).get("drift") or ():
            _measure(owner, state)


def _measure(owner: tuple[str, str], state: Mapping[str, Any]) -> None:
    labels = (*owner, state["predictor"])
    DRIFT_DETECTED.labels(*labels).set(state.get("reason") in DETECTED)
    apart = [found for found in state.get("findings") or () if found.get("distance") is not None]
    for found in sorted(apart, key=lambda one: -float(one["distance"]))[:MOST_FEATURES]:
        DRIFT_DISTANCE.labels(*labels, found["kind"], found["name"]).set(float(found["distance"]) / 100)
