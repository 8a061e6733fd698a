"""What of a child others rely on: its name, whom it selects, where it listens, where it sends. Read off objects of any maker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Body = Mapping[str, Any]
Shape = dict[str, Any]
Shapes = dict[tuple[str, str], Shape]
"""By (kind, name)."""

WHOLE = 100


def shapes(bodies: Iterable[Body]) -> Shapes:
    """The shape of every child; objects of kinds that v1 does not make have none."""
    return {
        (body["kind"], body["metadata"]["name"]): _READERS[body["kind"]](body)
        for body in bodies
        if body["kind"] in _READERS
    }


def _deployment(body: Body) -> Shape:
    template = body["spec"]["template"]
    containers = [container["name"] for container in template["spec"]["containers"]]
    return {
        "selector": body["spec"]["selector"]["matchLabels"],
        "labels": template["metadata"]["labels"],
        "engine": "seldon-container-engine" in containers,
        "replicas": body["spec"].get("replicas", 1),
    }


def _service(body: Body) -> Shape:
    spec = body["spec"]
    return {
        "selector": spec["selector"],
        "labels": body["metadata"].get("labels", {}),
        "ports": {port["name"]: (port["port"], port["targetPort"]) for port in spec["ports"]},
    }


def _virtual_service(body: Body) -> Shape:
    """A lone destination gets all requests, whether 100 is written or nothing; a mirror without a percentage gets all."""
    spec = body["spec"]
    rest = [rule for rule in spec["http"] if "rewrite" in rule]
    grpc = [rule for rule in spec["http"] if "rewrite" not in rule]
    return {
        "hosts": spec["hosts"],
        "gateways": spec["gateways"],
        "prefixes": [match["uri"]["prefix"] for rule in rest for match in rule["match"]],
        "grpc": [_grpc_match(match) for rule in grpc for match in rule["match"]],
        "routes": [_routes(rule) for rule in (*rest, *grpc)],
        "mirrors": [_mirror(rule) for rule in (*rest, *grpc) if "mirror" in rule or "mirrors" in rule],
        "retries": [rule["retries"] for rule in (*rest, *grpc) if "retries" in rule],
    }


def _grpc_match(match: Body) -> tuple[dict[str, str], set[str]]:
    return {name: header["exact"] for name, header in match["headers"].items()}, set(match["uri"]["regex"].split("|"))


def _routes(rule: Body) -> dict[str, Any]:
    """Weight and place by Service; v1 keeps destinations without a share, which get nothing."""
    alone = len(rule["route"]) == 1
    found = {
        _where(to["destination"]): WHOLE if alone and "weight" not in to else to.get("weight", 0)
        for to in rule["route"]
    }
    return {where: weight for where, weight in found.items() if weight}


def _mirror(rule: Body) -> dict[tuple[str, str, int], int]:
    if "mirror" in rule:
        return {_where(rule["mirror"]): rule.get("mirrorPercentage", {}).get("value", WHOLE)}
    return {_where(to["destination"]): to["percentage"]["value"] for to in rule["mirrors"]}


def _where(to: Body) -> tuple[str, str, int]:
    return to["host"], to["subset"], to["port"]["number"]


def _destination_rule(body: Body) -> Shape:
    spec = body["spec"]
    policy = spec.get("trafficPolicy", {})
    return {
        "host": spec["host"],
        "subsets": {subset["name"]: subset["labels"] for subset in spec["subsets"]},
        "idle": policy.get("connectionPool", {}).get("http", {}).get("idleTimeout", ""),
        "tls": policy.get("tls", {}).get("mode", ""),
    }


def _autoscaler(body: Body) -> Shape:
    return dict(body["spec"])


def _disruption_budget(body: Body) -> Shape:
    return {name: value for name, value in body["spec"].items() if name != "unhealthyPodEvictionPolicy"}


_READERS = {
    "Deployment": _deployment,
    "Service": _service,
    "VirtualService": _virtual_service,
    "DestinationRule": _destination_rule,
    "HorizontalPodAutoscaler": _autoscaler,
    "PodDisruptionBudget": _disruption_budget,
}
KINDS = tuple(_READERS)
