"""The ports that units have in the cluster, read from their Services: a unit keeps them while its neighbours come and go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdep.api.seldon_deployment import SeldonDeployment
from sdep.layout.containers import containers
from sdep.layout.ports import ContainerKey, Ports, named_port
from sdep.render import names
from sdep.render.variables import predictor_of

Body = Mapping[str, Any]


def ports_in_use(
    sdep: SeldonDeployment, services: Mapping[str, Body], deployments: list[Body]
) -> dict[ContainerKey, Ports]:
    """`services` by name. The number of a metrics port is in no Service: it is looked for in the Deployments' containers."""
    metrics = _metrics_ports(deployments)
    found = {}
    for predictor in sdep.spec.predictors:
        for body in containers(predictor):
            name = names.container_service_of(sdep.metadata.name, predictor.name, body.get("name", ""))
            ports = {port["name"]: port["port"] for port in _spec(services.get(name)).get("ports") or ()}
            if "http" in ports and "grpc" in ports:
                key = (predictor.name, body.get("name", ""))
                found[key] = Ports(ports["http"], ports["grpc"], metrics.get(key, 0))
    return found


def _metrics_ports(deployments: list[Body]) -> dict[ContainerKey, int]:
    return {
        (predictor_of(deployment), container["name"]): named_port(container, "metrics")
        for deployment in deployments
        for container in deployment["spec"]["template"]["spec"]["containers"]
    }


def _spec(body: Body | None) -> dict[str, Any]:
    return dict((body or {}).get("spec") or {})
