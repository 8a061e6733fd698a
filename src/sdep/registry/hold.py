"""A hold: a person's word, in an annotation of the SeldonDeployment, that a unit stays at one model whatever its reference says.

The annotation is JSON: by `predictor/unit`, the model that is held. It lives in metadata and not in the spec, so that nobody's
manifest is changed and a GitOps tool stays quiet; removing it lets the unit follow its reference again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from sdep.api.base import KubeModel
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.validation import Problem
from sdep.plan import UnitKey, units_with_models

HOLD_ANNOTATION = "sdep.io/hold"
_FIELD = f"metadata.annotations[{HOLD_ANNOTATION}]"
_REMEDY = "correct it, or remove it with `sdep release`"


class HeldModel(KubeModel):
    """The model that a unit is held at, and who said so, when and why. `at` is RFC 3339."""

    artifact_uri: str
    name: str = ""
    version: str = ""
    run_id: str = ""
    model_id: str = ""
    by: str = ""
    at: str = ""
    why: str = ""


@dataclass(frozen=True)
class Holds:
    """What the annotation says. A unit in `unreadable` keeps what it serves: somebody meant to hold it, nobody knows at what."""

    models: Mapping[UnitKey, HeldModel]
    unreadable: frozenset[UnitKey]
    problems: tuple[Problem, ...]


def read_holds(sdep: SeldonDeployment) -> Holds:
    """The holds of a SeldonDeployment with defaults. Never raises: what can not be read is a problem, a warning."""
    text = (sdep.metadata.annotations or {}).get(HOLD_ANNOTATION)
    units = {key for key, _ in units_with_models(sdep)}
    if text is None:
        return Holds({}, frozenset(), ())
    entries = _entries(text)
    if entries is None:
        message = f'is no JSON object of the form {{"predictor/unit": {{"artifactUri": …}}}}: every unit keeps its model; {_REMEDY}'
        return Holds({}, frozenset(units), (_problem(message),))
    models: dict[UnitKey, HeldModel] = {}
    unreadable: set[UnitKey] = set()
    found: list[Problem] = []
    for name, entry in entries.items():
        key = _unit_key(name)
        if key not in units:
            found.append(_problem(f"{name!r} is no unit with a model, so nothing is held by it; {_REMEDY}"))
            continue
        try:
            models[key] = HeldModel.model_validate(entry, by_alias=True, by_name=False)
        except ValidationError as error:
            unreadable.add(key)
            fault = error.errors(include_url=False)[0]
            where = ".".join(str(step) for step in (name, *fault["loc"]))
            found.append(_problem(f"{where}: {fault['msg']}: the unit keeps its model; {_REMEDY}"))
    return Holds(models, frozenset(unreadable), tuple(found))


def hold_problems(sdep: SeldonDeployment) -> tuple[Problem, ...]:
    """What is wrong with the annotation, as warnings."""
    return read_holds(sdep).problems


def with_holds(text: str | None, changed: Mapping[str, HeldModel | None]) -> str | None:
    """The annotation with these units held, or released where the value is None; None where nothing is held any more.

    Entries of other units stay as they are; a text that can not be read is given up.
    """
    entries = (_entries(text) if text else None) or {}
    for unit, model in changed.items():
        entries.pop(unit, None)
        if model is not None:
            entries[unit] = {key: value for key, value in model.model_dump(by_alias=True).items() if value}
    return json.dumps(entries, sort_keys=True) if entries else None


def _entries(text: str) -> dict[str, Any] | None:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _unit_key(name: str) -> UnitKey:
    predictor, _, unit = name.partition("/")
    return predictor, unit


def _problem(message: str) -> Problem:
    return Problem("warning", "InvalidHold", _FIELD, message)
