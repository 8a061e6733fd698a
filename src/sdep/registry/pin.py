"""Models are pinned: what a unit serves changes when the registry's answer changes, and for no other cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sdep.api.graph import Unit
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.status import ModelChange, Pin
from sdep.plan import UnitKey, units_with_models
from sdep.registry.resolved import ResolvedModel
from sdep.registry.resolver import Answer, Fault

HISTORY_LENGTH = 10


@dataclass(frozen=True)
class Pinning:
    """Pins by unit, what could not be answered, and the moves that this made, each as (before, after)."""

    pins: dict[UnitKey, Pin]
    faults: dict[UnitKey, Fault]
    moves: tuple[tuple[Pin, Pin], ...]


def pin_models(sdep: SeldonDeployment, answers: Mapping[UnitKey, Answer], before: Sequence[Pin], now: str) -> Pinning:
    """Pin every unit to its answer. A unit without one keeps what it serves, and the fault says so. `now` is RFC 3339."""
    known = {(pin.predictor, pin.unit): pin for pin in before}
    pins: dict[UnitKey, Pin] = {}
    faults: dict[UnitKey, Fault] = {}
    moves: list[tuple[Pin, Pin]] = []
    for key, unit in units_with_models(sdep):
        answer, old = answers[key], known.get(key)
        if answer.fault:
            faults[key] = answer.fault
        pin = _pin(key[0], unit, answer.model, old, now)
        if pin:
            pins[key] = pin
            if old and old.artifact_uri != pin.artifact_uri:
                moves.append((old, pin))
    return Pinning(pins, faults, tuple(moves))


def _pin(predictor: str, unit: Unit, model: ResolvedModel | None, old: Pin | None, now: str) -> Pin | None:
    uri = unit.model_uri or ""
    if model is None:
        return old
    if old and old.uri == uri and _same(old, model):
        return old
    return Pin(
        predictor=predictor,
        unit=unit.name or "",
        uri=uri,
        name=model.name,
        version=model.version,
        run_id=model.run_id,
        model_id=model.model_id,
        artifact_uri=model.artifact_uri,
        resolved_at=now,
        cause=_cause(uri, old),
        history=_history(old, uri, now),
    )


def _same(old: Pin, model: ResolvedModel) -> bool:
    return (old.name, old.version, old.artifact_uri) == (model.name, model.version, model.artifact_uri)


def _cause(uri: str, old: Pin | None) -> str:
    if old is None:
        return "first resolved"
    return f"{uri} moved in the registry" if old.uri == uri else f"the manifest changed from {old.uri}"


def _history(old: Pin | None, uri: str, now: str) -> list[ModelChange]:
    if old is None:
        return []
    replaced = ModelChange(version=old.version, artifact_uri=old.artifact_uri, replaced_at=now, cause=_cause(uri, old))
    return [replaced, *old.history][:HISTORY_LENGTH]
