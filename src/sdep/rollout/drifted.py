"""What drift means for a rollout: the canary's own detector may stop it or turn it back.

The stable predictor's does not: a model that was trained anew is what helps where the inputs have drifted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sdep.api.drift import OnDrift
from sdep.api.drift_status import DriftStatus
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.status import RolloutStatus
from sdep.drift.window import DETECTED
from sdep.rollout.trial import Trial

DRIFT_DETECTED = "DriftDetected"
"""Why such a rollout stands still or was turned back."""


class Drifted(NamedTuple):
    """A whole window of the canary's that differs from its reference data: when it began and ended, and how it differs."""

    action: OnDrift
    since: str
    at: str
    message: str

    def counts(self, status: RolloutStatus) -> bool:
        """Whether the window is one of this trial, and later than what was decided last: nobody is told the same twice."""
        decided = status.history[0].at if status.history else ""
        return self.since >= status.started_at and self.at >= decided


def drifted(sdep: SeldonDeployment, trial: Trial, found: Iterable[DriftStatus]) -> Drifted | None:
    """None where the canary has no detector, none that acts, or no drift."""
    state = next((one for one in found if one.predictor == trial.canary), None)
    detector = next((one.drift_detector for one in sdep.spec.predictors if one.name == trial.canary), None)
    if state is None or detector is None or detector.on_drift == "Report" or state.reason not in DETECTED:
        return None
    window = state.windows[0]
    return Drifted(detector.on_drift, window.since, window.at, f"{trial.canary}: {state.message}")
