"""The port numbers of containers, counted as Seldon Core v1 counted them, and kept once they are in use.

v1 numbers containers in the order of the manifest, one count for all predictors, where containers of one name share a number.
It counts anew at every look, so that removing the first predictor renumbers and restarts the second. Here a container that
runs keeps its numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sdep.api.seldon_deployment import SeldonDeployment
from sdep.contract import FIRST_GRPC_PORT, FIRST_HTTP_PORT, FIRST_METRICS_PORT
from sdep.layout.containers import containers, graph_containers

Body = Mapping[str, Any]
ContainerKey = tuple[str, str]
"""(predictor, container)."""


@dataclass(frozen=True)
class Ports:
    """`metrics` is 0 for a container that is no unit."""

    http: int
    grpc: int
    metrics: int = 0


def allocate(sdep: SeldonDeployment, in_use: Mapping[ContainerKey, Ports]) -> dict[ContainerKey, Ports]:
    """Ports of every container of every predictor: the manifest's own, else those `in_use`, else v1's, or the next that is free."""
    counted = _counted(sdep)
    found: dict[ContainerKey, Ports] = {}
    for predictor in sdep.spec.predictors:
        taken: set[int] = set()
        for body in containers(predictor):
            key = (predictor.name, body.get("name", ""))
            if key in found:  # a container of that name in another pod: one Service finds both, at one port
                continue
            before = in_use.get(key, counted[key])
            found[key] = Ports(
                http=named_port(body, "http") or _free(before.http, taken),
                grpc=named_port(body, "grpc") or _free(before.grpc, taken),
                metrics=named_port(body, "metrics") or _free(before.metrics or counted[key].metrics, taken),
            )
            taken |= {found[key].http, found[key].grpc, found[key].metrics}
    return found


def _counted(sdep: SeldonDeployment) -> dict[ContainerKey, Ports]:
    """v1's own numbers."""
    by_name: dict[str, tuple[int, int]] = {}
    metrics = FIRST_METRICS_PORT
    found = {}
    for predictor in sdep.spec.predictors:
        units = {unit.name for unit in graph_containers(predictor)}
        for body in containers(predictor):
            name = body.get("name", "")
            by_name.setdefault(name, (FIRST_HTTP_PORT + len(by_name), FIRST_GRPC_PORT + len(by_name)))
            counts = name in units and not named_port(body, "metrics")
            found[predictor.name, name] = Ports(*by_name[name], metrics=metrics if counts else 0)
            metrics += 1 if counts else 0
    return found


def named_port(body: Body, name: str) -> int:
    """The number of the port of this name that a container writes; 0 where it writes none."""
    for port in body.get("ports") or ():
        if port.get("name") == name and isinstance(port.get("containerPort"), int):
            return int(port["containerPort"])
    return 0


def _free(port: int, taken: set[int]) -> int:
    while port and port in taken:
        port += 1
    return port
