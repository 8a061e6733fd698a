"""The Services of a predictor: one where the outside finds it, and one for each unit that a container serves."""

from __future__ import annotations

from typing import Any

from sdep.api.predictor import Predictor
from sdep.contract import GRPC_PORT, HTTP_PORT
from sdep.layout.place import PlacedContainer
from sdep.plan import Plan
from sdep.render import labels, names
from sdep.render.manifest import Manifest


def services(plan: Plan) -> list[Manifest]:
    return [made for predictor in plan.predictors for made in (_entry(plan, predictor), *_units(plan, predictor))]


def entry_ports(plan: Plan, predictor: Predictor) -> tuple[int, int]:
    """(http, grpc): the engine's, or without an engine those of the one unit."""
    layout = plan.layouts[predictor.name]
    if layout.engine == "none" and layout.entry.units:
        ports = layout.entry.units[0].ports
        return ports.http, ports.grpc
    return HTTP_PORT, GRPC_PORT


def service(
    plan: Plan, name: str, selector: dict[str, str], more: dict[str, str], ports: dict[str, int]
) -> dict[str, Any]:
    """The body of a Service inside the cluster; `more` are labels beside the selector's."""
    spec = {
        "type": "ClusterIP",
        "selector": selector,
        "ports": [
            {"name": port, "port": number, "targetPort": number, "protocol": "TCP"} for port, number in ports.items()
        ],
    }
    metadata = labels.metadata(plan, name, {**selector, **more, **labels.common(plan)})
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def _entry(plan: Plan, predictor: Predictor) -> Manifest:
    http, grpc = entry_ports(plan, predictor)
    selector = labels.selector(plan, predictor)
    body = service(plan, names.predictor_service(plan, predictor), selector, {}, {"http": http, "grpc": grpc})
    if is_headless(plan):
        body["spec"]["clusterIP"] = "None"
    return _annotated(body, predictor)


def _units(plan: Plan, predictor: Predictor) -> list[Manifest]:
    return [_unit(plan, predictor, placed) for placed in plan.layouts[predictor.name].units.values()]


def _unit(plan: Plan, predictor: Predictor, placed: PlacedContainer) -> Manifest:
    shadow = {labels.SHADOW: "true"} if predictor.shadow else {}
    body = service(
        plan,
        names.container_service(plan, predictor, placed.name),
        labels.container_service(plan, predictor, placed.name),
        {**labels.selector(plan, predictor), **labels.role(placed), **shadow},
        {"http": placed.ports.http, "grpc": placed.ports.grpc},
    )
    if placed.place == "engine":  # nobody calls it but people: an address of its own is not worth its price
        body["spec"]["clusterIP"] = "None"
    return _annotated(body, predictor)


def is_headless(plan: Plan) -> bool:
    return (plan.sdep.annotation("seldon.io/headless-svc") or "false") != "false"


def _annotated(body: dict[str, Any], predictor: Predictor) -> Manifest:
    if predictor.annotations:
        body["metadata"]["annotations"] = dict(predictor.annotations)
    return Manifest(body)
