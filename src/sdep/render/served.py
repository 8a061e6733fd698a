"""What a runtime is told of a predictor. Nothing that scaling or traffic changes is in it, so that neither restarts a pod."""

from __future__ import annotations

from typing import Any

from sdep.api.graph import Unit
from sdep.api.predictor import Predictor
from sdep.contract import OPEN_INFERENCE, ServedModel, ServedParameter, ServedPredictor, ServedUnit
from sdep.layout.place import PlacedContainer, Pod
from sdep.plan import Plan
from sdep.render import names
from sdep.render.unit import uses_grpc

_PREDICT = ServedParameter(name="method", value="predict", type="STRING")


def served(plan: Plan, predictor: Predictor, graph: ServedUnit) -> ServedPredictor:
    return ServedPredictor(
        deployment=plan.name,
        namespace=plan.namespace,
        predictor=predictor.name,
        version=(predictor.labels or {}).get("version", ""),
        protocol=plan.sdep.spec.protocol or "seldon",
        rest_timeout_ms=_milliseconds(plan, "seldon.io/rest-timeout"),
        grpc_timeout_ms=_milliseconds(plan, "seldon.io/grpc-timeout"),
        graph=graph,
    )


def served_graph(plan: Plan, predictor: Predictor, engine_pod: Pod) -> ServedUnit:
    """The whole graph as the engine in `engine_pod` sees it."""
    placed = plan.layouts[predictor.name].units
    beside = {container.name for container in engine_pod.units}

    def convert(unit: Unit) -> ServedUnit:
        name = unit.name or ""
        reached = _reached(plan, predictor, placed[name], near=name in beside) if name in placed else {}
        children = tuple(convert(child) for child in unit.children or ())
        return ServedUnit.model_validate({**_told(plan, predictor, unit), **reached, "children": children})

    return convert(predictor.graph)


def served_alone(plan: Plan, predictor: Predictor, placed: PlacedContainer) -> ServedUnit:
    """One unit as the graph of a runtime of its own."""
    return (
        ServedUnit.model_validate(_told(plan, predictor, placed.unit)) if placed.unit else ServedUnit(name=placed.name)
    )


def _told(plan: Plan, predictor: Predictor, unit: Unit) -> dict[str, Any]:
    pin = plan.pins.get((predictor.name, unit.name or ""))
    parameters = [
        ServedParameter(name=parameter.name, value=parameter.value, type=parameter.type)
        for parameter in unit.parameters or ()
    ]
    if _predicts(plan, unit):
        parameters.append(_PREDICT)
    return {
        "name": unit.name,
        "type": unit.type,
        "implementation": unit.implementation or "",
        "model": ServedModel(name=pin.name or pin.uri, version=pin.version) if pin else None,
        "parameters": tuple(parameters),
        "methods": tuple(unit.methods or ()),
    }


def _predicts(plan: Plan, unit: Unit) -> bool:
    """Under the Open Inference Protocol v1's server for scikit-learn predicts, where under Seldon's it gives probabilities."""
    named = {parameter.name for parameter in unit.parameters or ()}
    return (
        plan.sdep.spec.protocol in OPEN_INFERENCE and unit.implementation == "SKLEARN_SERVER" and "method" not in named
    )


def _reached(plan: Plan, predictor: Predictor, placed: PlacedContainer, *, near: bool) -> dict[str, Any]:
    """Where a unit that a container serves is called; a unit in the engine's process answers there as well."""
    if placed.place == "engine":
        return {"http_port": placed.ports.http}
    host = f"{names.container_service(plan, predictor, placed.name)}.{plan.namespace}.svc.cluster.local"
    return {
        "host": "localhost" if near else host,
        "http_port": placed.ports.http,
        "grpc_port": placed.ports.grpc,
        "transport": "grpc" if uses_grpc(plan, placed) else "rest",
        "image": str(placed.body.get("image", "")),
    }


def _milliseconds(plan: Plan, annotation: str) -> int:
    text = plan.sdep.annotation(annotation) or ""
    return int(text) if text.isdecimal() else 0
