"""What of `componentSpecs` has no effect: what scales pods that something else scales, and entries that become no pod."""

from __future__ import annotations

from collections.abc import Iterator

from sdep.api.predictor import ComponentSpec, Predictor
from sdep.api.problem import Problem
from sdep.api.rules.walk import containers, no_effect, predictors
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.settings import OperatorSettings


def scaling(sdep: SeldonDeployment, settings: OperatorSettings) -> Iterator[Problem]:
    for where, _predictor, component in _components(sdep):
        keda = component.keda_spec is not None and settings.keda_enabled
        if component.keda_spec and not keda:
            yield no_effect(f"{where}.kedaSpec", "KEDA is not enabled: set keda.enabled in the operator's chart")
        if component.hpa_spec and keda:
            yield no_effect(f"{where}.hpaSpec", "kedaSpec decides how many pods there are: remove one of both")
        scaler = "kedaSpec" if keda else "hpaSpec" if component.hpa_spec else ""
        if scaler and component.replicas is not None:
            yield no_effect(f"{where}.replicas", f"{scaler} decides how many pods there are")


def without_containers(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    for where, predictor, component in _components(sdep):
        first = next(iter(predictor.component_specs or ()))
        if component.containers or (component is first and _is_joined(predictor)):
            continue
        if useless := _written(component):
            yield no_effect(where, f"{', '.join(useless)}: the entry has no containers, so it becomes no pod")


def _components(sdep: SeldonDeployment) -> Iterator[tuple[str, Predictor, ComponentSpec]]:
    for field, predictor in predictors(sdep):
        for number, component in enumerate(predictor.component_specs or ()):
            yield f"{field}.componentSpecs[{number}]", predictor, component


def _is_joined(predictor: Predictor) -> bool:
    """Whether the first entry gets containers of units for which none is written."""
    written = containers(predictor)
    return any(unit.is_prepackaged and unit.name not in written for unit in predictor.graph.walk())


def _written(component: ComponentSpec) -> list[str]:
    """The fields that say something of a pod."""
    fields = {name: value for name, value in component.to_manifest().items() if value is not None}
    metadata, spec = fields.pop("metadata", {}), fields.pop("spec", {})
    labelled = [f"metadata.{name}" for name in ("labels", "annotations") if metadata.get(name)]
    return [*labelled, *(f"spec.{name}" for name, value in spec.items() if value and name != "containers"), *fields]


RULES = (scaling, without_containers)
