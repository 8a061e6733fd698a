"""The rules that a manifest must keep, one function a rule. The same rules run in the reconciler and on the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from sdep.api.graph import KNOWN_SERVERS, SERVED, UNKNOWN_IMPLEMENTATION, Unit
from sdep.api.predictor import Predictor
from sdep.api.seldon_deployment import SeldonDeployment

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class Problem:
    """A rule that is broken. An `error` stops the object from being changed further; a `warning` is said, and the rest goes on."""

    severity: Literal["error", "warning"]
    reason: str
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


def problems(sdep: SeldonDeployment) -> tuple[Problem, ...]:
    """Every rule that a SeldonDeployment with defaults filled in breaks, errors first."""
    found = [problem for rule in _RULES for problem in rule(sdep)]
    return tuple(sorted(found, key=lambda problem: problem.severity != "error"))


def _has_predictors(sdep: SeldonDeployment) -> Iterator[Problem]:
    if not sdep.spec.predictors:
        yield Problem("error", "InvalidManifest", "spec.predictors", "Graph contains no predictors: give at least one")


def _has_live_predictor(sdep: SeldonDeployment) -> Iterator[Problem]:
    if sdep.spec.predictors and all(predictor.shadow for predictor in sdep.spec.predictors):
        message = "Shadow can not exist as only predictor: give one predictor that answers"
        yield Problem("error", "InvalidManifest", "spec.predictors[0].shadow", message)


def _predictor_names(sdep: SeldonDeployment) -> Iterator[Problem]:
    seen: set[str] = set()
    for field, predictor in _predictors(sdep):
        if predictor.name in seen:
            message = f"Duplicate predictor name {predictor.name!r}: rename one of them"
            yield Problem("error", "InvalidManifest", f"{field}.name", message)
        if not DNS_LABEL.fullmatch(predictor.name):
            message = f"{predictor.name!r} is no DNS label: use lower case letters, digits and '-'"
            yield Problem("error", "InvalidManifest", f"{field}.name", message)
        seen.add(predictor.name)


def _service_names(sdep: SeldonDeployment) -> Iterator[Problem]:
    seen: set[str] = set()
    for field, predictor in _predictors(sdep):
        name = (predictor.annotations or {}).get("seldon.io/svc-name")
        if name in seen:
            message = (
                f"Found duplicate service name in seldon.io/svc-name with value {name}: give each predictor its own"
            )
            yield Problem("error", "InvalidManifest", f"{field}.annotations[seldon.io/svc-name]", message)
        if name:
            seen.add(name)


def _unit_names(sdep: SeldonDeployment) -> Iterator[Problem]:
    for field, predictor in _predictors(sdep):
        names = [unit.name or "" for unit in predictor.graph.walk()]
        for name in sorted({name for name in names if names.count(name) > 1}):
            message = f"two units are named {name!r}: a unit's name is its own in a graph"
            yield Problem("error", "InvalidManifest", f"{field}.graph", message)


def _units_can_be_served(sdep: SeldonDeployment) -> Iterator[Problem]:
    for field, predictor in _predictors(sdep):
        containers = {
            container.get("name") for spec in predictor.component_specs or () for container in spec.containers
        }
        for unit in predictor.graph.walk():
            where = f"{field}.graph[{unit.name}]"
            if unit.implementation == UNKNOWN_IMPLEMENTATION:
                yield _container_unit(where, unit, has_container=unit.name in containers)
            elif unit.is_prepackaged:
                yield from _prepackaged_unit(where, unit)


def _container_unit(where: str, unit: Unit, *, has_container: bool) -> Problem:
    if has_container:
        message = f"unit {unit.name!r} is served by a container of its own, which is not supported yet"
        return Problem("error", "Unsupported", where, message)
    message = f"Can't find container for Predictive Unit {unit.name!r}: add one, an implementation or a models:/ URI"
    return Problem("error", "InvalidManifest", where, message)


def _prepackaged_unit(where: str, unit: Unit) -> Iterator[Problem]:
    if unit.implementation not in KNOWN_SERVERS:
        message = f"No entry in predictors map for {unit.implementation}: use one of {', '.join(sorted(SERVED))}"
        yield Problem("error", "InvalidManifest", f"{where}.implementation", message)
    elif unit.implementation not in SERVED:
        message = f"{unit.implementation} is not supported yet: use one of {', '.join(sorted(SERVED))}"
        yield Problem("error", "Unsupported", f"{where}.implementation", message)
    elif not unit.model_uri:
        message = f"unit {unit.name!r} needs a modelUri, such as models:/name@alias"
        yield Problem("error", "InvalidManifest", f"{where}.modelUri", message)


def _without_effect_yet(sdep: SeldonDeployment) -> Iterator[Problem]:
    spec = sdep.spec
    if spec.server_type == "kafka":
        yield _ignored("spec.serverType", "kafka is not supported: requests are served over HTTP")
    if spec.protocol not in {None, "", "seldon"}:
        yield _ignored("spec.protocol", f"{spec.protocol} is not supported yet: the seldon protocol is served")
    if spec.transport == "grpc":
        yield _ignored("spec.transport", "grpc is not supported yet: requests are served over HTTP")
    if (spec.annotations or {}).get("seldon.io/engine-separate-pod") == "true":
        yield _ignored(
            "spec.annotations[seldon.io/engine-separate-pod]", "is not supported yet: one pod serves the graph"
        )
    for field, predictor in _predictors(sdep):
        yield from _without_effect_in(field, predictor)


def _without_effect_in(field: str, predictor: Predictor) -> Iterator[Problem]:
    if predictor.explainer and predictor.explainer.type:
        yield _ignored(f"{field}.explainer", "is not supported yet: the predictor is served without it")
    if predictor.ssl and predictor.ssl.cert_secret_name:
        yield _ignored(f"{field}.ssl", "is not supported yet: the predictor is served without TLS")
    if (predictor.annotations or {}).get("seldon.io/no-engine") == "true":
        yield _ignored(
            f"{field}.annotations[seldon.io/no-engine]", "is not supported yet: the runtime serves the graph"
        )
    yield from _without_effect_in_graph(field, predictor)
    yield from _without_effect_in_components(field, predictor)


def _without_effect_in_graph(field: str, predictor: Predictor) -> Iterator[Problem]:
    for unit in predictor.graph.walk():
        if unit.logger:
            yield _ignored(f"{field}.graph[{unit.name}].logger", "is not supported yet: payloads are not logged")
        if unit.methods:
            yield _ignored(f"{field}.graph[{unit.name}].methods", "is not supported yet: the type says what is called")


def _without_effect_in_components(field: str, predictor: Predictor) -> Iterator[Problem]:
    for number, component in enumerate(predictor.component_specs or ()):
        where = f"{field}.componentSpecs[{number}]"
        for name in ("hpaSpec", "kedaSpec", "pdbSpec"):
            if name in component.to_manifest():
                yield _ignored(f"{where}.{name}", "is not supported yet: nothing is made of it")
        if component.containers:
            yield _ignored(f"{where}.spec", "is not supported yet: pods use the operator's own template")


def _ignored(field: str, message: str) -> Problem:
    return Problem("warning", "Unsupported", field, message)


def _predictors(sdep: SeldonDeployment) -> Iterator[tuple[str, Predictor]]:
    for number, predictor in enumerate(sdep.spec.predictors):
        yield f"spec.predictors[{number}]", predictor


_RULES: tuple[Callable[[SeldonDeployment], Iterator[Problem]], ...] = (
    _has_predictors,
    _has_live_predictor,
    _predictor_names,
    _service_names,
    _unit_names,
    _units_can_be_served,
    _without_effect_yet,
)
