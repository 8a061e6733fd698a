"""Rules about the inference graph: every unit is one, has a name of its own and somebody who serves it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from sdep.api.graph import SERVED, UNKNOWN_IMPLEMENTATION, Unit
from sdep.api.predictor import Predictor
from sdep.api.problem import Problem
from sdep.api.rules.predictors import DNS_LABEL
from sdep.api.rules.walk import containers, invalid, no_effect, predictors, units
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.state import STATE_CLAIM, state_claim
from sdep.built_in import BUILT_IN, LEARNING, RELATIVE_TOLERANCE, TOLERANCE, faults, tolerance, unread
from sdep.contract import UnitType
from sdep.settings import OperatorSettings

_WITHOUT_TENSORFLOW = frozenset({"HUGGINGFACE_SERVER"})
_MODEL_OPTIONAL = {"HUGGINGFACE_SERVER"}
_METHODS = ("TRANSFORM_INPUT", "TRANSFORM_OUTPUT", "ROUTE", "AGGREGATE", "SEND_FEEDBACK")
_LARGEST_GRAPH = 100_000
_LONGEST_NAME = 63


def unit_names(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    """A container may serve two units of its name; a model that we serve can not be two."""
    for field, predictor in predictors(sdep):
        units_by_name: dict[str, list[Unit]] = {}
        for unit in predictor.graph.walk():
            units_by_name.setdefault(unit.name or "", []).append(unit)
        for name, sharing in units_by_name.items():
            if len(sharing) > 1 and any(unit.implementation != UNKNOWN_IMPLEMENTATION for unit in sharing):
                message = f"two units are named {name!r}: a unit's name is its own in a graph"
                yield invalid(f"{field}.graph", message)
    for where, _predictor, unit in units(sdep):
        if not unit.is_built_in and len(unit.name or "") > _LONGEST_NAME:
            yield invalid(f"{where}.name", f"it has {len(unit.name or '')} characters: use at most {_LONGEST_NAME}")
        elif not unit.is_built_in and not DNS_LABEL.fullmatch(unit.name or ""):
            message = (
                f"{unit.name!r} is no DNS label, and Kubernetes will refuse a container of that name: use a-z, 0-9, '-'"
            )
            yield Problem("warning", "InvalidName", f"{where}.name", message)


def container_names(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    for field, predictor in predictors(sdep):
        for number, component in enumerate(predictor.component_specs or ()):
            names = [body.get("name", "") for body in component.containers]
            for name in sorted({name for name in names if names.count(name) > 1}):
                message = f"two containers are named {name!r}: a container's name is its own in a pod"
                yield invalid(f"{field}.componentSpecs[{number}].spec.containers", message)


def units_are_served(sdep: SeldonDeployment, settings: OperatorSettings) -> Iterator[Problem]:
    for where, predictor, unit in units(sdep):
        if unit.implementation == UNKNOWN_IMPLEMENTATION:
            yield from _container_unit(where, unit, predictor)
        elif unit.implementation not in BUILT_IN:
            yield from _prepackaged_unit(where, unit, predictor, sdep.spec.protocol or "seldon", settings)


def types(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    known = get_args(UnitType)
    for where, _predictor, unit in units(sdep):
        if unit.type not in known:
            yield invalid(f"{where}.type", f"{unit.type!r} is no type of unit: use one of {', '.join(known)}")
        for method in unit.methods or ():
            if method not in _METHODS:
                message = f"{method!r} is no method: use one of {', '.join(_METHODS)}"
                yield invalid(f"{where}.methods", message)


def built_in_units(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    """What the runtime would refuse at its start is refused here, in the same words."""
    for where, _predictor, unit in units(sdep):
        if not unit.is_built_in:
            continue
        given = {parameter.name: parameter.value for parameter in unit.parameters or ()}
        told = unit.implementation or "", given, len(unit.children or ())
        for fault in faults(*told):
            yield invalid(f"{where}.parameters[{fault.parameter}]" if fault.parameter else where, fault.message)
        for name in unread(*told):
            takes = ", ".join(BUILT_IN[told[0]].parameters) or "none"
            yield no_effect(f"{where}.parameters[{name}]", f"{told[0]} does not read it: its parameters are {takes}")


def tolerances(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    """Of units that we serve: what a container means by the same names is its own."""
    for where, _predictor, unit in units(sdep):
        for parameter in unit.parameters or ():
            ours = parameter.name in {TOLERANCE, RELATIVE_TOLERANCE} and unit.implementation != UNKNOWN_IMPLEMENTATION
            if ours and tolerance(parameter.value) is None:
                message = f"must be a number, 0 or greater, and is '{parameter.value}'"
                yield invalid(f"{where}.parameters[{parameter.name}]", message)


def state_claims(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    for field, predictor in predictors(sdep):
        claim = state_claim(sdep, predictor)
        where = f"{field}.annotations[{STATE_CLAIM}]"
        if claim and not all(DNS_LABEL.fullmatch(part) for part in claim.split(".")):
            yield invalid(where, f"{claim!r} is no name of a PersistentVolumeClaim")
        elif claim and not any(unit.learns for unit in predictor.graph.walk()):
            yield no_effect(where, f"its graph has none of {', '.join(sorted(LEARNING))}, so nothing is learned")


def endpoints(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    """v1's rules: one way to call all units of a SeldonDeployment."""
    given = {unit.endpoint.type for _, _, unit in units(sdep) if unit.endpoint and unit.endpoint.type}
    transport = sdep.spec.transport
    if len(given) > 1:
        message = "Multiple endpoint.types found - can only have 1 type in graph. Please use spec.transport"
        yield invalid("spec.predictors", message)
    elif transport and given and given != {transport.upper()}:
        message = "Mixed transport types found. Remove graph endpoint.types if transport set at deployment level"
        yield invalid("spec.transport", message)


def loggers(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    for where, _predictor, unit in units(sdep):
        if unit.logger and not unit.logger.mode:
            yield invalid(f"{where}.logger.mode", "No logger mode specified: use all, request or response")


def size(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    """A container learns its graph from a variable, and Linux bounds each to 128 KiB."""
    for field, predictor in predictors(sdep):
        length = len(predictor.graph.model_dump_json(exclude_none=True))
        if length > _LARGEST_GRAPH:
            message = f"the graph has {length} bytes, more than {_LARGEST_GRAPH}: put large parameters into the model"
            yield invalid(f"{field}.graph", message)


def _container_unit(where: str, unit: Unit, predictor: Predictor) -> Iterator[Problem]:
    if unit.name not in containers(predictor):
        message = (
            f"Can't find container for Predictive Unit {unit.name!r}: add one, an implementation or a models:/ URI"
        )
        yield invalid(where, message)
    if unit.type == "UNKNOWN_TYPE" and not unit.methods:
        message = "Predictive Unit has no implementation methods defined. Change to a known type or add what methods it defines"
        yield invalid(where, message)


def _prepackaged_unit(
    where: str, unit: Unit, predictor: Predictor, protocol: str, settings: OperatorSettings
) -> Iterator[Problem]:
    implementation = unit.implementation or ""
    if not unit.model_uri and implementation not in _MODEL_OPTIONAL:
        message = f"unit {unit.name!r} needs a modelUri, such as models:/name@alias"
        yield invalid(f"{where}.modelUri", message)
    if protocol == "tensorflow" and implementation in _WITHOUT_TENSORFLOW:
        message = f"Prepackaged server does not handle tensorflow protocol {implementation}"
        yield invalid(f"{where}.implementation", message)
    own_image = containers(predictor).get(unit.name or "", {}).get("image")
    if implementation not in SERVED and not own_image and not settings.server_image(implementation, protocol):
        yield invalid(f"{where}.implementation", _no_server(implementation, protocol, settings))


def _no_server(implementation: str, protocol: str, settings: OperatorSettings) -> str:
    others = [name for name in ("seldon", "tensorflow", "v2") if settings.server_image(implementation, name)]
    if others:
        return f"{implementation} has no image for the protocol {protocol}: set spec.protocol to {' or '.join(others)}"
    return (
        f"No entry in predictors map for {implementation}: use one of {', '.join(sorted(SERVED))}, "
        "or name its image in predictor_servers of the operator's chart"
    )


RULES = (
    unit_names,
    container_names,
    types,
    units_are_served,
    built_in_units,
    tolerances,
    state_claims,
    endpoints,
    loggers,
    size,
)
