"""The container that serves a predictor's graph."""

from __future__ import annotations

from typing import Any

from sdep.api.predictor import Predictor
from sdep.contract import ENGINE_CONTAINER, GRPC_PORT, HTTP_PORT
from sdep.layout.place import Pod
from sdep.plan import Plan
from sdep.render import tls
from sdep.render.runtime import runtime_container
from sdep.render.served import served, served_graph, watched
from sdep.render.variables import merged

_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def engine(plan: Plan, predictor: Predictor, pod: Pod) -> dict[str, Any]:
    """The user's own variables come last and win, as `svcOrchSpec.env` did in v1."""
    told = served(plan, predictor, served_graph(plan, predictor, pod))
    told = told.model_copy(update={"drift": watched(plan, predictor)})
    ports = {"http": HTTP_PORT, "grpc": GRPC_PORT}
    container = runtime_container(plan, ENGINE_CONTAINER, told, ports, pod.in_process)
    orchestrator = predictor.svc_orch_spec
    if orchestrator and orchestrator.resources:
        container["resources"] = orchestrator.resources
    container["env"] = merged(container["env"], _annotated(plan), orchestrator.env if orchestrator else None)
    if tls.secret(predictor):
        for probe in _PROBES:
            container[probe]["httpGet"]["scheme"] = "HTTPS"
    return container


def _annotated(plan: Plan) -> list[dict[str, Any]]:
    """`seldon.io/engine-<x>` is the engine's variable <X>."""
    prefix = "seldon.io/engine-"
    found = {
        name.removeprefix(prefix).replace("-", "_").upper(): value
        for name, value in sorted((plan.sdep.spec.annotations or {}).items())
        if name.startswith(prefix) and name != f"{prefix}separate-pod"
    }
    return [{"name": name, "value": value} for name, value in found.items()]
