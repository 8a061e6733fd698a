"""What a runtime is told of a predictor. Nothing that scaling or traffic changes is in it, so that neither restarts a pod."""

from __future__ import annotations

from typing import Any

from sdep.api.graph import PAYLOAD_MODES, Unit
from sdep.api.predictor import Predictor
from sdep.contract import (
    OPEN_INFERENCE,
    ServedDrift,
    ServedLogger,
    ServedModel,
    ServedParameter,
    ServedPredictor,
    ServedUnit,
)
from sdep.layout.place import PlacedContainer, Pod
from sdep.plan import Plan
from sdep.render import names
from sdep.render.explainer_port import port
from sdep.render.unit import uses_grpc

_PREDICT = ServedParameter(name="method", value="predict", type="STRING")


def served(plan: Plan, predictor: Predictor, graph: ServedUnit) -> ServedPredictor:
    return ServedPredictor(
        deployment=plan.name,
        namespace=plan.namespace,
        predictor=predictor.name,
        version=(predictor.labels or {}).get("version", ""),
        protocol=plan.sdep.spec.protocol or "seldon",
        rest_timeout_ms=_number(plan, "seldon.io/rest-timeout"),
        grpc_timeout_ms=_number(plan, "seldon.io/grpc-timeout"),
        **_payload_limits(plan, graph),
        **({"explainer_port": port(predictor.explainer)} if predictor.explainer else {}),
        graph=graph,
    )


def watched(plan: Plan, predictor: Predictor) -> ServedDrift | None:
    """What the engine is to watch: None without a detector, or where no model is in the engine's process, which the webhook says."""
    detector = predictor.drift_detector
    unit = plan.layouts[predictor.name].reference_unit
    if detector is None or unit is None:
        return None
    return ServedDrift(unit=unit, features=tuple(detector.features), sample_rate=detector.sample_rate)


def _payload_limits(plan: Plan, graph: ServedUnit) -> dict[str, int]:
    """Said only where payloads are logged, so that changing a setting replaces no other pod."""
    if not logs_payloads(graph):
        return {}
    return {
        "payload_queue_size": _number(plan, "seldon.io/executor-logger-queue-size") or plan.settings.payload_queue_size,
        "payload_timeout_ms": _number(plan, "seldon.io/executor-logger-write-timeout-ms")
        or plan.settings.payload_timeout_ms,
    }


def logs_payloads(graph: ServedUnit) -> bool:
    return graph.logger is not None or any(logs_payloads(child) for child in graph.children)


def served_graph(plan: Plan, predictor: Predictor, engine_pod: Pod) -> ServedUnit:
    """The whole graph as the engine in `engine_pod` sees it."""
    placed = plan.layouts[predictor.name].units
    beside = {container.name for container in engine_pod.units}

    def convert(unit: Unit) -> ServedUnit:
        name = unit.name or ""
        reached = _reached(plan, predictor, placed[name], near=name in beside) if name in placed else {}
        children = tuple(convert(child) for child in unit.children or ())
        told = {**_told(plan, predictor, unit), "logger": _logger(unit)}
        return ServedUnit.model_validate({**told, **reached, "children": children})

    return convert(predictor.graph)


def served_alone(plan: Plan, predictor: Predictor, placed: PlacedContainer) -> ServedUnit:
    """One unit as the graph of a runtime of its own. An engine that calls it logs its payloads; without one it does so itself."""
    if placed.unit is None:
        return ServedUnit(name=placed.name)
    own = _logger(placed.unit) if plan.layouts[predictor.name].engine == "none" else None
    return ServedUnit.model_validate({**_told(plan, predictor, placed.unit), "logger": own})


def _logger(unit: Unit) -> ServedLogger | None:
    """None where the mode is no mode, as in v1: it logs nothing."""
    if unit.logger is None or unit.logger.mode not in PAYLOAD_MODES:
        return None
    return ServedLogger.model_validate({"url": unit.logger.url or "", "mode": unit.logger.mode})


def _told(plan: Plan, predictor: Predictor, unit: Unit) -> dict[str, Any]:
    pin = plan.pins.get((predictor.name, unit.name or ""))
    return {
        "name": unit.name,
        "type": unit.type,
        "implementation": unit.implementation or "",
        "model": ServedModel(name=pin.name or pin.uri, version=pin.version) if pin else None,
        "parameters": served_parameters(plan, unit),
        "methods": tuple(unit.methods or ()),
    }


def served_parameters(plan: Plan, unit: Unit) -> tuple[ServedParameter, ...]:
    parameters = [
        ServedParameter(name=parameter.name, value=parameter.value, type=parameter.type)
        for parameter in unit.parameters or ()
    ]
    return (*parameters, _PREDICT) if _predicts(plan, unit) else tuple(parameters)


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


def _number(plan: Plan, annotation: str) -> int:
    text = plan.sdep.annotation(annotation) or ""
    return int(text) if text.isdecimal() else 0
