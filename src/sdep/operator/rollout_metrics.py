"""What the statuses say of rollouts, as gauges: where each is, and what its evidence says; as right after a restart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from sdep.api.rollout_notify import Phase
from sdep.operator.metrics import (
    ROLLOUT_FINDING,
    ROLLOUT_MIRROR,
    ROLLOUT_PHASE,
    ROLLOUT_SAMPLES,
    ROLLOUT_STEP,
    ROLLOUT_STEPS,
    ROLLOUT_VERDICT,
    ROLLOUT_WEIGHT,
)
from sdep.rollout.analysis.interval import Verdict

MOST_FINDINGS = 20
"""Of one rollout: a manifest may ask any number of queries, and each would have series."""
_GAUGES = (
    *(ROLLOUT_PHASE, ROLLOUT_STEP, ROLLOUT_STEPS, ROLLOUT_WEIGHT, ROLLOUT_MIRROR),
    *(ROLLOUT_FINDING, ROLLOUT_SAMPLES, ROLLOUT_VERDICT),
)
_BOUNDS = ("estimate", "low", "high", "threshold")


def measure_rollouts(sdeps: Iterable[Mapping[str, Any]]) -> None:
    """As each status says; a rollout that is no more has no series."""
    for gauge in _GAUGES:
        gauge.clear()
    for body in sdeps:
        if rollout := (body.get("status") or {}).get("rollout"):
            _measure((body["metadata"]["namespace"], body["metadata"]["name"], rollout["canary"]), rollout)


def _measure(canary: tuple[str, str, str], rollout: Mapping[str, Any]) -> None:
    """What was promoted is on trial no longer: its phase is all there is. What was turned back goes on saying why and where."""
    for phase in get_args(Phase):
        ROLLOUT_PHASE.labels(*canary, phase).set(phase == rollout["phase"])
    if rollout["phase"] == "Promoted":
        return
    step, steps = rollout.get("step", 0), rollout.get("steps", 0)
    ROLLOUT_STEP.labels(*canary).set(min(step + 1, steps))
    ROLLOUT_STEPS.labels(*canary).set(steps)
    ROLLOUT_WEIGHT.labels(*canary).set(rollout.get("weight", 0))
    ROLLOUT_MIRROR.labels(*canary).set(rollout.get("mirror", 0))
    for finding in (rollout.get("findings") or ())[:MOST_FINDINGS]:
        _measure_finding((*canary, finding["metric"]), finding)


def _measure_finding(labels: tuple[str, str, str, str], finding: Mapping[str, Any]) -> None:
    for bound in _BOUNDS:
        value = finding.get(bound)
        if value is not None and math.isfinite(value):
            ROLLOUT_FINDING.labels(*labels, bound).set(value)
    for arm, field in (("canary", "samples"), ("stable", "stableSamples")):
        ROLLOUT_SAMPLES.labels(*labels, arm).set(finding.get(field, 0))
    dry_run = str(finding.get("dryRun", False)).lower()
    for verdict in get_args(Verdict):
        ROLLOUT_VERDICT.labels(*labels, dry_run, verdict).set(verdict == finding["verdict"])
