"""What is new in a status, as events: each change is said once."""

from __future__ import annotations

from collections.abc import Sequence

from sdep.api.drift_status import DriftStatus
from sdep.api.experiment_status import ExperimentStatus
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.status import Pin, RolloutStatus, Status
from sdep.operator.events import Events
from sdep.operator.metrics import DRIFT_WINDOWS, EXPERIMENT_DECISIONS, REGISTRY_MOVES, ROLLOUT_DECISIONS
from sdep.operator.notices import Notices
from sdep.status.conditions import BAD_WHEN_TRUE

_SAID_BY_OTHERS = {"Ready", "Stalled", "RolloutComplete", "ExperimentDecided"}
_ON_THE_WAY = {"Progressing"}


def announce(
    events: Events,
    notices: Notices,
    sdep: SeldonDeployment,
    before: Status | None,
    now: Status,
    moves: Sequence[tuple[Pin, Pin]],
) -> None:
    """Models that moved, traffic that shifted, conditions that turned bad, and the state that was reached."""
    for old, new in moves:
        REGISTRY_MOVES.inc()
        events.emit(
            sdep, "Normal", "ModelMoved", f"{new.predictor}/{new.unit}: {old.label} to {new.label}: {new.cause}"
        )
    if before and before.summary.traffic and before.summary.traffic != now.summary.traffic:
        message = f"routed in percent: {now.summary.traffic} (before: {before.summary.traffic})"
        events.emit(sdep, "Normal", "TrafficChanged", message)
    if now.rollout and (before is None or before.rollout is None or _place(before.rollout) != _place(now.rollout)):
        _of_rollout(events, sdep, now.rollout)
        notices.send(sdep, now.rollout)
    _of_experiment(events, sdep, before.experiment if before else None, now.experiment)
    _of_drift(before.drift if before else (), now.drift)
    known = {condition.type: (condition.status, condition.reason) for condition in before.conditions} if before else {}
    for condition in now.conditions:
        if condition.type in _SAID_BY_OTHERS or condition.reason in _ON_THE_WAY:
            continue
        turned = known.get(condition.type) != (condition.status, condition.reason)
        warns = (condition.type == "SpecValid" and condition.message) or condition.reason == "EnvironmentDiffers"
        bad = condition.status == "Unknown" or (condition.status == "True") == (condition.type in BAD_WHEN_TRUE)
        if turned and (bad or warns):
            events.emit(sdep, "Warning", condition.reason, condition.message)
    if now.state != (before.state if before else None):
        events.emit(
            sdep, "Warning" if now.state == "Failed" else "Normal", now.state, now.description or f"is {now.state}"
        )


def _of_drift(before: Sequence[DriftStatus], now: Sequence[DriftStatus]) -> None:
    """Count windows that were judged in this look; what they say is a condition's affair."""
    known = {state.predictor: state.windows[:1] for state in before}
    for state in now:
        if state.windows and state.windows[:1] != known.get(state.predictor):
            DRIFT_WINDOWS.labels(reason=state.reason).inc()


def _of_rollout(events: Events, sdep: SeldonDeployment, now: RolloutStatus) -> None:
    """Where a rollout has got to, each time that it gets further."""
    ROLLOUT_DECISIONS.labels(phase=now.phase, reason=now.reason).inc()
    warns = now.phase == "RolledBack" or now.reason in {"Inconclusive", "NoData"}
    name = {"Progressing": "RolloutProgressing", "Paused": "RolloutPaused", "Promoted": "RolloutPromoted"}
    events.emit(
        sdep, "Warning" if warns else "Normal", name.get(now.phase, "RolledBack"), f"{now.canary}: {now.message}"
    )


def _of_experiment(
    events: Events, sdep: SeldonDeployment, before: ExperimentStatus | None, now: ExperimentStatus | None
) -> None:
    """What an experiment has come to, once."""
    if now is None or now.phase == "Running":
        return
    if before and (before.revision, before.phase) == (now.revision, now.phase):
        return
    EXPERIMENT_DECISIONS.labels(reason=now.reason).inc()
    events.emit(sdep, "Normal", now.reason, now.message)


def _place(rollout: RolloutStatus) -> tuple[str, str, str, int]:
    return rollout.revision, rollout.phase, rollout.reason, rollout.step
