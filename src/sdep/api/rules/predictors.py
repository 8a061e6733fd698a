"""Rules about predictors: their names, their shadows and their weights."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sdep.api.predictor import sums_to_whole
from sdep.api.problem import Problem
from sdep.api.rules.walk import invalid, predictors
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.settings import OperatorSettings

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_LABEL_ADVICE = "is no DNS label: use at most 63 lower case letters, digits and '-'"


def has_predictors(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    if not sdep.spec.predictors:
        yield invalid("spec.predictors", "Graph contains no predictors: give at least one")


def has_live_predictor(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    if sdep.spec.predictors and all(predictor.shadow for predictor in sdep.spec.predictors):
        message = "Shadow can not exist as only predictor: give one predictor that answers"
        yield invalid("spec.predictors[0].shadow", message)


def predictor_names(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    seen: set[str] = set()
    for field, predictor in predictors(sdep):
        if predictor.name in seen:
            yield invalid(f"{field}.name", f"Duplicate predictor name {predictor.name!r}: rename one of them")
        if not DNS_LABEL.fullmatch(predictor.name):
            yield invalid(f"{field}.name", f"{predictor.name!r} {_LABEL_ADVICE}")
        seen.add(predictor.name)


def object_name(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    """Services are named after it, and a Service's name has no dots."""
    if "." in sdep.metadata.name:
        message = f"{sdep.metadata.name!r} has a dot, which the name of a Service may not have: write '-' instead"
        yield invalid("metadata.name", message)


def service_names(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    seen: set[str] = set()
    for field, predictor in predictors(sdep):
        name = (predictor.annotations or {}).get("seldon.io/svc-name")
        where = f"{field}.annotations[seldon.io/svc-name]"
        if name in seen:
            message = f"Found duplicate service name in seldon.io/svc-name with value {name}: give each its own"
            yield invalid(where, message)
        if name and not DNS_LABEL.fullmatch(name):
            yield invalid(where, f"{name!r} {_LABEL_ADVICE}")
        if name:
            seen.add(name)


def services_apart(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    """Predictor `a-b` and the container `b` of predictor `a` would both have the Service `…-a-b`."""
    taken: dict[str, str] = {}
    seen: set[str] = set()
    for field, predictor in predictors(sdep):
        if predictor.name in seen:  # said by `predictor_names`
            continue
        seen.add(predictor.name)
        own = (predictor.annotations or {}).get("seldon.io/svc-name") or f"{sdep.metadata.name}-{predictor.name}"
        inner = {unit.name or "" for unit in predictor.graph.walk()} | ({"explainer"} if predictor.explainer else set())
        for name in (own, *sorted(f"{sdep.metadata.name}-{predictor.name}-{part}" for part in inner)):
            if name in taken:
                yield invalid(
                    f"{field}.name", f"its Service {name!r} is also that of {taken[name]}: rename one of them"
                )
            taken[name] = field


def no_engine(sdep: SeldonDeployment, _: OperatorSettings) -> Iterator[Problem]:
    for field, predictor in predictors(sdep):
        if "seldon.io/no-engine" in (predictor.annotations or {}) and predictor.graph.children:
            message = "Running without engine only valid for single element graphs: take seldon.io/no-engine away"
            yield invalid(f"{field}.annotations[seldon.io/no-engine]", message)


def weights(sdep: SeldonDeployment, settings: OperatorSettings) -> Iterator[Problem]:
    """Weights that do not sum to 100 are completed, or refused where the installation is strict."""
    written = [predictor.traffic or 0 for predictor in sdep.spec.predictors if not predictor.shadow]
    if not written or sums_to_whole(sdep.spec.predictors) or (sdep.spec.rollout and not any(written)):
        return
    first = next((field for field, predictor in predictors(sdep) if not predictor.shadow), "spec.predictors")
    if settings.traffic_policy == "strict":
        yield Problem("error", "InvalidTraffic", f"{first}.traffic", "Traffic must sum to 100 for multiple predictors")
    else:
        message = f"the weights sum to {sum(written)}, not 100: the first live predictor gets what the others leave"
        yield Problem("warning", "WeightsCompleted", f"{first}.traffic", message)


RULES = (
    has_predictors,
    has_live_predictor,
    predictor_names,
    object_name,
    service_names,
    services_apart,
    no_engine,
    weights,
)
