"""The parts of a manifest with the paths by which messages name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sdep.api.graph import SERVED, Unit
from sdep.api.predictor import Predictor
from sdep.api.problem import Problem
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.settings import OperatorSettings


def predictors(sdep: SeldonDeployment) -> Iterator[tuple[str, Predictor]]:
    for number, predictor in enumerate(sdep.spec.predictors):
        yield f"spec.predictors[{number}]", predictor


def units(sdep: SeldonDeployment) -> Iterator[tuple[str, Predictor, Unit]]:
    for field, predictor in predictors(sdep):
        for unit in predictor.graph.walk():
            yield f"{field}.graph[{unit.name}]", predictor, unit


def containers(predictor: Predictor) -> dict[str, Mapping[str, Any]]:
    """The containers that a predictor writes, by name."""
    found = [container for spec in predictor.component_specs or () for container in spec.containers]
    return {container.get("name", ""): container for container in found}


def runtime_units(sdep: SeldonDeployment, predictor: Predictor, settings: OperatorSettings) -> Iterator[Unit]:
    """Units that our runtime serves: no image is given for them."""
    written, protocol = containers(predictor), sdep.spec.protocol or "seldon"
    for unit in predictor.graph.walk():
        image = written.get(unit.name or "", {}).get("image") or settings.server_image(
            unit.implementation or "", protocol
        )
        if unit.implementation in SERVED and not image:
            yield unit


def invalid(field: str, message: str) -> Problem:
    """The manifest must change before anything is done with it."""
    return Problem("error", "InvalidManifest", field, message)


def unsupported(field: str, message: str) -> Problem:
    """This product does not do it; the rest goes on."""
    return Problem("warning", "Unsupported", field, message)


def no_effect(field: str, message: str) -> Problem:
    """Legal, and changes nothing."""
    return Problem("warning", "NoEffect", field, message)
