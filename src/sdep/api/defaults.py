"""What a manifest leaves unsaid, filled in. The stored object is never changed: defaults live in memory only."""

from __future__ import annotations

import re

from sdep.api.graph import MLFLOW_SERVER, UNKNOWN_IMPLEMENTATION, Unit
from sdep.api.predictor import Predictor
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.built_in import BUILT_IN


def with_defaults(sdep: SeldonDeployment) -> SeldonDeployment:
    """The same SeldonDeployment with every unit named, typed and implemented, and every predictor labelled with its version."""
    predictors = [_predictor(predictor) for predictor in sdep.spec.predictors]
    return sdep.model_copy(update={"spec": sdep.spec.model_copy(update={"predictors": predictors})})


def _predictor(predictor: Predictor) -> Predictor:
    labels = {"version": predictor.name, **(predictor.labels or {})}
    containers = [container for spec in predictor.component_specs or () for container in spec.containers]
    with_image = frozenset(container.get("name", "") for container in containers if container.get("image"))
    graph = _unit(predictor.graph, with_image, set())
    return predictor.model_copy(update={"labels": labels, "graph": graph})


def _unit(unit: Unit, with_image: frozenset[str], taken: set[str]) -> Unit:
    name = unit.name or _free_name(unit, taken)
    taken.add(name)
    implementation = _implementation(unit, name in with_image)
    return unit.model_copy(
        update={
            "name": name,
            "implementation": implementation,
            "type": _type(unit, implementation),
            "children": [_unit(child, with_image, taken) for child in unit.children or ()],
        }
    )


def _implementation(unit: Unit, has_image: bool) -> str:  # noqa: FBT001 - one caller, and the name says it
    if unit.implementation and unit.implementation != UNKNOWN_IMPLEMENTATION:
        return unit.implementation
    if unit.type in BUILT_IN:  # `type: AVERAGE_COMBINER` is how many manifests write it
        return unit.type or ""
    if not has_image and _from_registry(unit.model_uri):
        return MLFLOW_SERVER
    return UNKNOWN_IMPLEMENTATION


def _type(unit: Unit, implementation: str) -> str:
    if implementation in BUILT_IN:
        return BUILT_IN[implementation].type
    if implementation != UNKNOWN_IMPLEMENTATION:
        return "MODEL"
    return unit.type or "MODEL"


def _from_registry(uri: str | None) -> bool:
    return (uri or "").startswith(("models:/", "runs:/"))


def _free_name(unit: Unit, taken: set[str]) -> str:
    """A DNS label from the model's name (`models:/my_model/3` gives `my-model`), numbered when siblings share it."""
    subject = re.sub(r"^[a-z]+:/+", "", unit.model_uri or unit.implementation or unit.type or "model")
    first = re.split(r"[/@]", subject)[0]
    stem = re.sub(r"[^a-z0-9]+", "-", first.lower()).strip("-")[:40] or "model"
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    return name
