"""The container of a unit that the engine calls: its ports, probes and environment as Seldon Core v1 gave them.

Each is given only where the manifest gives none. The order of the variables is v1's too: pods that v1 made and that need no
change are taken over without a restart.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from sdep.api.predictor import Predictor
from sdep.contract import METRICS_PATH, MODELS_ROOT, TERMINATION_LOG
from sdep.layout.place import PlacedContainer
from sdep.plan import Plan
from sdep.render import names
from sdep.render.lifecycle import DRAIN, tcp_probe
from sdep.render.prepackaged import prepackaged
from sdep.render.security import restricted
from sdep.render.variables import Variable, completed

POD_INFO = "seldon-podinfo"
_POD_INFO_PATH = "/etc/podinfo"
_LIVENESS_DELAY, _READINESS_DELAY = 60, 20


def unit_container(plan: Plan, predictor: Predictor, placed: PlacedContainer) -> dict[str, Any]:
    """The container as the manifest has it, with all that v1's wrapper and servers rely on."""
    container = prepackaged(plan, placed)
    container.setdefault("imagePullPolicy", "IfNotPresent")
    container.setdefault("terminationMessagePath", TERMINATION_LOG)
    container.setdefault("terminationMessagePolicy", "File")
    container.setdefault("lifecycle", copy.deepcopy(DRAIN))
    container["ports"] = _ports(container, placed)
    container["volumeMounts"] = _mounts(container, placed)
    container["env"] = _environment(plan, predictor, placed, container)
    container["securityContext"] = restricted(container.get("securityContext"))
    for probe, delay in (("livenessProbe", _LIVENESS_DELAY), ("readinessProbe", _READINESS_DELAY)):
        container.setdefault(probe, tcp_probe(_service_port(plan, placed), delay))
    return container


def uses_grpc(plan: Plan, placed: PlacedContainer) -> bool:
    """Whether the engine calls this unit over gRPC."""
    endpoint = placed.unit.endpoint if placed.unit else None
    return plan.sdep.spec.transport == "grpc" or bool(endpoint and endpoint.type == "GRPC")


def _service_port(plan: Plan, placed: PlacedContainer) -> int:
    return placed.ports.grpc if uses_grpc(plan, placed) else placed.ports.http


def _ports(container: dict[str, Any], placed: PlacedContainer) -> list[dict[str, Any]]:
    given = list(container.get("ports") or ())
    named = {port.get("name") for port in given}
    wanted = (("metrics", placed.ports.metrics), ("http", placed.ports.http), ("grpc", placed.ports.grpc))
    return given + [
        {"name": name, "containerPort": number, "protocol": "TCP"}
        for name, number in wanted
        if number and name not in named
    ]


def _mounts(container: dict[str, Any], placed: PlacedContainer) -> list[dict[str, Any]]:
    given = [mount for mount in container.get("volumeMounts") or () if mount.get("name") != "podinfo"]
    names_given = {mount.get("name") for mount in given}
    if POD_INFO not in names_given:
        given.append({"name": POD_INFO, "mountPath": _POD_INFO_PATH})
    if placed.unit and placed.unit.model_uri:
        volume = names.model_volume(placed.name)
        if volume not in names_given and MODELS_ROOT not in {mount.get("mountPath") for mount in given}:
            given.append({"name": volume, "mountPath": MODELS_ROOT, "readOnly": True})
    return given


def _environment(
    plan: Plan, predictor: Predictor, placed: PlacedContainer, container: dict[str, Any]
) -> list[Variable]:
    """The user's variables first, and untouched: v1 loses them all where one of its own names is among them."""
    ours = dict(_variables(plan, predictor, placed, str(container.get("image", ""))))
    return completed(container.get("env"), ours)


def _variables(plan: Plan, predictor: Predictor, placed: PlacedContainer, image: str) -> Iterator[tuple[str, str]]:
    unit, ports = placed.unit, placed.ports
    yield "PREDICTIVE_UNIT_SERVICE_PORT", str(_service_port(plan, placed))
    yield "PREDICTIVE_UNIT_HTTP_SERVICE_PORT", str(ports.http)
    yield "MLSERVER_HTTP_PORT", str(ports.http)
    yield "PREDICTIVE_UNIT_GRPC_SERVICE_PORT", str(ports.grpc)
    yield "MLSERVER_GRPC_PORT", str(ports.grpc)
    parameters = [parameter.to_manifest() for parameter in (unit and unit.parameters) or ()]
    if parameters:
        yield "PREDICTIVE_UNIT_PARAMETERS", json.dumps(parameters, separators=(",", ":"))
    if unit and unit.model_uri:
        yield "MLSERVER_MODEL_URI", MODELS_ROOT
    yield "PREDICTIVE_UNIT_ID", placed.name
    yield "MLSERVER_MODEL_NAME", placed.name
    yield "PREDICTIVE_UNIT_IMAGE", image
    yield "PREDICTOR_ID", predictor.name
    yield "PREDICTOR_LABELS", json.dumps(predictor.labels or {}, sort_keys=True, separators=(",", ":"))
    yield "SELDON_DEPLOYMENT_ID", plan.name
    yield "SELDON_EXECUTOR_ENABLED", "true"
    if ports.metrics:
        yield "PREDICTIVE_UNIT_METRICS_SERVICE_PORT", str(ports.metrics)
        yield "PREDICTIVE_UNIT_METRICS_ENDPOINT", METRICS_PATH
        yield "MLSERVER_METRICS_PORT", str(ports.metrics)
        yield "MLSERVER_METRICS_ENDPOINT", METRICS_PATH
