"""The containers that a manifest means: those that it writes, and one for each prepackaged unit that it writes none for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sdep.api.graph import Unit
from sdep.api.predictor import ComponentSpec, Predictor

Body = Mapping[str, Any]


def components(predictor: Predictor) -> list[tuple[ComponentSpec, list[Body]]]:
    """Every `componentSpecs` entry with its containers; as in v1, prepackaged units without a container join the first."""
    written: list[tuple[ComponentSpec, list[Body]]] = [
        (component, list(component.containers)) for component in predictor.component_specs or ()
    ]
    named = {body.get("name") for _, bodies in written for body in bodies}
    added: list[Body] = [
        {"name": unit.name} for unit in predictor.graph.walk() if unit.is_prepackaged and unit.name not in named
    ]
    if added and not written:
        written.append((ComponentSpec(), []))
    if added:
        written[0][1].extend(added)
    return written


def containers(predictor: Predictor) -> Iterator[Body]:
    """All containers of all components, in order."""
    for _, bodies in components(predictor):
        yield from bodies


def graph_containers(predictor: Predictor) -> list[Unit]:
    """The units that a container serves, parents first."""
    named = {body.get("name") for body in containers(predictor)}
    return [unit for unit in predictor.graph.walk() if unit.name in named]
