"""Models are pinned: what a unit serves changes when the registry's answer changes, or when a person holds it, and for no other cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sdep.api.graph import Unit
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.status import ModelChange, Origin, Pin
from sdep.plan import UnitKey, units_with_models
from sdep.registry.hold import HeldModel, read_holds
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
    """Pin every unit to its answer, or to the model that it is held at. `now` is RFC 3339.

    A unit without an answer keeps what it serves, and the fault says so. A held unit asks nothing of the registry.
    """
    known = {(pin.predictor, pin.unit): pin for pin in before}
    holds = read_holds(sdep)
    pins: dict[UnitKey, Pin] = {}
    faults: dict[UnitKey, Fault] = {}
    moves: list[tuple[Pin, Pin]] = []
    for key, unit in units_with_models(sdep):
        answer, old, held = answers[key], known.get(key), holds.models.get(key)
        if answer.fault and held is None:
            faults[key] = answer.fault
        pin = old if old and key in holds.unreadable else _pin(key[0], unit, held or answer.model, old, now)
        if pin:
            pins[key] = pin
            if old and old.artifact_uri != pin.artifact_uri:
                moves.append((old, pin))
    return Pinning(pins, faults, tuple(moves))


def served_by(pin: Pin) -> ResolvedModel:
    """The model of a pin, as a registry would have answered it."""
    known = pin.origin or Origin()
    return ResolvedModel(pin.artifact_uri, pin.name, pin.version, pin.run_id, pin.model_id, known)


def _pin(predictor: str, unit: Unit, model: ResolvedModel | HeldModel | None, old: Pin | None, now: str) -> Pin | None:
    uri = unit.model_uri or ""
    if model is None:
        return old
    held, cause, origin = isinstance(model, HeldModel), _cause(uri, model, old), _origin(model, old)
    # By the cause too: an older CRD drops the field `held`, and a pin that is made anew each time would never rest.
    if old and old.uri == uri and _same(old, model) and (old.held == held or old.cause == cause):
        return old.model_copy(update={"held": held, "origin": origin})
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
        cause=cause,
        held=held,
        origin=origin,
        history=_history(old, model, now, cause),
    )


def _origin(model: ResolvedModel | HeldModel, old: Pin | None) -> Origin | None:
    """As the registry says; of a model that is held, or whose run could not be read just now, as it said before."""
    if isinstance(model, ResolvedModel) and model.origin:
        return model.origin
    known: list[Pin | ModelChange] = [old, *old.history] if old else []
    return next((before.origin for before in known if before.artifact_uri == model.artifact_uri), None)


def _same(old: Pin, model: ResolvedModel | HeldModel) -> bool:
    return (old.name, old.version, old.artifact_uri) == (model.name, model.version, model.artifact_uri)


def _cause(uri: str, model: ResolvedModel | HeldModel, old: Pin | None) -> str:
    if isinstance(model, HeldModel):
        said = ": ".join(part for part in (model.by, model.why) if part)
        held_at = f"version {model.version}" if model.version else model.artifact_uri
        return f"held at {held_at} by sdep undo" + (f" ({said})" if said else "")
    if old is None:
        return "first resolved"
    if old.held:
        return f"released: {uri} is followed again"
    return f"{uri} moved in the registry" if old.uri == uri else f"the manifest changed from {old.uri}"


def _history(old: Pin | None, model: ResolvedModel | HeldModel, now: str, cause: str) -> list[ModelChange]:
    """What was served before; the same model, held or released, is no change of what is served."""
    if old is None:
        return []
    if old.artifact_uri == model.artifact_uri and (old.held or isinstance(model, HeldModel)):
        return old.history
    replaced = ModelChange(
        name=old.name,
        version=old.version,
        run_id=old.run_id,
        model_id=old.model_id,
        artifact_uri=old.artifact_uri,
        origin=old.origin,
        served_since=old.resolved_at,
        replaced_at=now,
        cause=cause,
    )
    return [replaced, *old.history][:HISTORY_LENGTH]
