"""Which gates a rollout stands before, which of them are asked now, and what their answers mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sdep.api.duration import seconds
from sdep.api.moment import seconds_between
from sdep.api.predictor import WHOLE
from sdep.api.rollout import RolloutSpec
from sdep.api.rollout_gates import Gate, When
from sdep.api.status import GateAnswer, RolloutStatus

FROZEN = "Frozen"
GATE_CLOSED = "GateClosed"
_TOLD_FOR_SECONDS = 600.0
"""How long it is tried to tell somebody, who does not answer at all, that a canary was turned back."""


def closed(spec: RolloutSpec, status: RolloutStatus) -> list[Gate]:
    """Gates before what is next that have not opened yet."""
    opened = {answer.name for answer in status.gates if answer.open}
    return [gate for gate in spec.gates if gate.when in _next(spec, status) and gate.name not in opened]


def due(spec: RolloutSpec, status: RolloutStatus, now: str) -> list[Gate]:
    """Gates that are asked now: those that hold the rollout, and those that are to know that it was turned back."""
    asked = _untold(spec, status, now) or (closed(spec, status) if status.reason == GATE_CLOSED else [])
    last, pause = {answer.name: answer.at for answer in status.gates}, seconds(spec.analysis.interval)
    return [gate for gate in asked if gate.name not in last or seconds_between(last[gate.name], now) >= pause]


def waits(spec: RolloutSpec, status: RolloutStatus, now: str) -> bool:
    """Whether time alone, or a gate, may change what it is: nothing else would have anybody look at it."""
    return status.reason in {FROZEN, GATE_CLOSED} or bool(_untold(spec, status, now))


def _untold(spec: RolloutSpec, status: RolloutStatus, now: str) -> list[Gate]:
    """Gates that do not know yet that it was turned back. Any answer will do: they are told and not asked."""
    if status.phase != "RolledBack" or seconds_between(status.finished_at, now) > _TOLD_FOR_SECONDS:
        return []
    told = {answer.name for answer in status.gates if answer.code}
    return [gate for gate in spec.gates if gate.when == "OnRollBack" and gate.name not in told]


def with_answers(status: RolloutStatus, answers: Sequence[GateAnswer]) -> RolloutStatus:
    """The newest answer of each gate."""
    if not answers:
        return status
    newest = {answer.name: answer for answer in (*status.gates, *answers)}
    return status.model_copy(update={"gates": list(newest.values())})


def said_of(gates: Sequence[Gate], status: RolloutStatus) -> str:
    """Why it waits, in each gate's own words."""
    words = {answer.name: answer.message for answer in status.gates}
    return "; ".join(f"gate {gate.name} {words.get(gate.name, 'is asked')}" for gate in gates)


def question(namespace: str, name: str, spec: RolloutSpec, status: RolloutStatus, gate: Gate) -> dict[str, Any]:
    """What a gate is sent. `step` counts from 1: the one that would be entered, with its weight; the last before the promotion."""
    number, weight, mirror = _asked_for(spec, status)
    told = status.model_dump(mode="json", by_alias=True, include={"canary", "stable", "revision", "phase", "findings"})
    return {
        "namespace": namespace,
        "name": name,
        "gate": gate.name,
        "when": gate.when,
        **told,
        "step": number,
        "steps": len(spec.steps),
        "weight": weight,
        "mirror": mirror,
        "reason": status.reason,
        "message": status.message,
    }


def _next(spec: RolloutSpec, status: RolloutStatus) -> frozenset[When]:
    if not status.step_started_at:
        return frozenset({"BeforeStart", "BeforeStep"})
    return frozenset({"BeforePromotion"} if status.step + 1 >= len(spec.steps) else {"BeforeStep"})


def _asked_for(spec: RolloutSpec, status: RolloutStatus) -> tuple[int, int, int]:
    """The step, and the canary's weight and mirror in percent."""
    if status.phase == "RolledBack":
        return status.step + 1, 0, 0
    number = status.step + 1 if status.step_started_at else status.step
    if number >= len(spec.steps):
        return len(spec.steps), WHOLE, 0
    return number + 1, spec.steps[number].weight or 0, spec.steps[number].mirror or 0
