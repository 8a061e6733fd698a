"""What a new version breaks for the callers of a predictor, by what the engines tell of the inputs of each unit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from sdep.api.graph import Unit
from sdep.api.status import Pin
from sdep.rollout.analysis.signature import breaks
from sdep.rollout.metadata import Column, GraphMetadata, UnitMetadata

_CHANGING = {"MODEL", "TRANSFORMER"}
"""Types of units that answer with something else than they are given."""


def break_between(stable: tuple[Unit, GraphMetadata], canary: tuple[Unit, GraphMetadata]) -> str:
    """Each graph with what its engine tells. "" where nothing is known to break.

    Nothing is known of a graph of which a unit that callers reach says no inputs, nor of two graphs that say them in other words.
    """
    before, after = _columns(*stable), _columns(*canary)
    if before is None or after is None or before[0] != after[0]:
        return ""
    return "; ".join(breaks({"inputs": before[1]}, {"inputs": after[1]}))


def unanswered(stable: GraphMetadata, canary: GraphMetadata) -> str:
    """Why models of the canary cannot answer their own input examples; "" where they can.

    Where the unit's stable model cannot answer its own either, and serves, the example says nothing of the new one.
    """
    failed = {name: said.example_failed for name, said in canary.models.items() if said.example_failed}
    return "; ".join(f"{name}: {why}" for name, why in failed.items() if not stable.of(name).example_failed)


def serves(told: GraphMetadata, pins: Mapping[str, Pin]) -> bool:
    """Whether the engine runs the models that its units are pinned to. Units that say no signature are believed."""
    return all(
        (said.name, list(said.versions)) == (pin.name or pin.uri, [pin.version] if pin.version else [])
        for said, pin in ((told.of(unit), pin) for unit, pin in pins.items())
        if said.signature
    )


def _columns(graph: Unit, told: GraphMetadata) -> tuple[str, Sequence[Column]] | None:
    """In whose words, and all inputs together: what two units both take has the types of both."""
    units = list(_reached(graph, told))
    if all(unit.signature for unit in units):
        return "MLflow", _together([unit.signature for unit in units])
    if any(unit.signature or not _has_tensors(unit) for unit in units):
        return None
    return "Open Inference", _together([unit.inputs for unit in units])


def _has_tensors(unit: UnitMetadata) -> bool:
    """v1's other form describes a message, not its inputs."""
    return bool(unit.inputs) and all("datatype" in column for column in unit.inputs)


def _reached(unit: Unit, told: GraphMetadata) -> Iterator[UnitMetadata]:
    """Units that get what the caller sent: routers and combiners hand it on, and so do units that say nothing and have children."""
    said, children = told.of(unit.name or ""), unit.children or ()
    if not children or (unit.type in _CHANGING and said.inputs):
        yield said
        return
    for child in children:
        yield from _reached(child, told)


def _together(inputs: Sequence[Sequence[Column]]) -> list[Column]:
    types: dict[str, set[str]] = {}
    required: dict[str, bool] = {}
    for columns in inputs:
        for place, column in enumerate(columns):
            name = str(column.get("name") or place)
            types.setdefault(name, set()).add(_type(column))
            required[name] = required.get(name, False) or bool(column.get("required", True))
    return [{"name": name, "type": " and ".join(sorted(types[name])), "required": required[name]} for name in types]


def _type(column: Column) -> str:
    """For people, and another for every other type: `long`, `float64 [-1, 3]`, or with what is in it as JSON."""
    spec = column.get("tensor-spec")
    if isinstance(spec, dict):
        return f"{spec.get('dtype')} {spec.get('shape')}"
    if "datatype" in column:
        return f"{column['datatype']} {column.get('shape') or []}"
    inside = {key: value for key, value in column.items() if key not in {"name", "type", "required"}}
    return f"{column.get('type')} {json.dumps(inside, sort_keys=True)}" if inside else str(column.get("type"))
