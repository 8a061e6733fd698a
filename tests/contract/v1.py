"""The children that Seldon Core v1.17.1 makes of a manifest: its rules for names, selectors, ports and routes, stated once more.

Nothing here is shared with the code under test. Manifests are taken as they are written, and none that v1 refuses is understood.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.contract.shape import WHOLE, Shape, Shapes

Body = Mapping[str, Any]
GATEWAY = "istio-system/seldon-gateway"
_BUILT_IN = {"SIMPLE_MODEL", "SIMPLE_ROUTER", "RANDOM_ABTEST", "AVERAGE_COMBINER"}
_ROLES = {
    "ROUTER": "seldon.io/router",
    "COMBINER": "seldon.io/combiner",
    "MODEL": "seldon.io/model",
    "TRANSFORMER": "seldon.io/transformer",
    "OUTPUT_TRANSFORMER": "seldon.io/output-transformer",
}
_GRPC_WORDS = {".*tensorflow.*", ".*seldon.protos.*", ".*inference.*"}
_MANAGED = {"app.kubernetes.io/managed-by": "seldon-core"}


@dataclass
class _Pod:
    """One entry of componentSpecs with the containers that defaulting added."""

    number: int
    written: Body
    containers: list[Body]
    engine: bool = False


@dataclass
class _Predictor:
    body: Body
    name: str
    service: str
    units: dict[str, Body]
    labels: dict[str, str]
    pods: list[_Pod]
    separate: bool
    without_engine: bool
    ports: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def served(self) -> list[str]:
        """Units that have a container."""
        return [body["name"] for pod in self.pods for body in pod.containers if body["name"] in self.units]


def fitted(name: str) -> str:
    """At most 63 characters: what is longer is hashed."""
    return name if len(name) <= 63 else "seldon-" + hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()


def children(manifest: Body) -> Shapes:
    """Every child by kind and name, as v1's controller makes it once all pods are ready."""
    name, namespace = manifest["metadata"]["name"], manifest["metadata"].get("namespace", "default")
    found: Shapes = {}
    predictors = list(_predictors(manifest, name))
    for predictor in predictors:
        found |= _workloads(manifest, predictor, name)
        found |= _services(predictor, name)
        found |= _destination_rules(predictor, name, namespace)
    found["VirtualService", fitted(name)] = _route(manifest, predictors, name, namespace)
    for predictor in predictors:
        if _explained(predictor):
            found |= _explainer_route(manifest, predictor, name, namespace)
    return found


def _predictors(manifest: Body, sdep: str) -> Iterator[_Predictor]:
    """With ports counted over all predictors, where containers of one name share theirs."""
    counted: dict[str, tuple[int, int]] = {}
    separate = str((manifest["spec"].get("annotations") or {}).get("seldon.io/engine-separate-pod", "")).lower()
    for body in manifest["spec"]["predictors"]:
        annotations = body.get("annotations") or {}
        units = {unit["name"]: unit for unit in _walk(body["graph"])}
        predictor = _Predictor(
            body,
            body["name"],
            annotations.get("seldon.io/svc-name") or fitted(f"{sdep}-{body['name']}"),
            units,
            {"version": body["name"], **(body.get("labels") or {})},
            _pods(body, units),
            separate == "true",
            annotations.get("seldon.io/no-engine") == "true",
        )
        for pod in predictor.pods:
            for container in pod.containers:
                counted.setdefault(container["name"], (9000 + len(counted), 9500 + len(counted)))
                predictor.ports[container["name"]] = _ports(container, counted[container["name"]])
        if not (predictor.separate or predictor.without_engine):
            inside = [pod for pod in predictor.pods[:1] if any(one["name"] in units for one in pod.containers)]
            for pod in inside:
                pod.engine = True
        yield predictor


def _walk(unit: Body) -> Iterator[Body]:
    yield unit
    for child in unit.get("children") or ():
        yield from _walk(child)


def _pods(predictor: Body, units: Mapping[str, Body]) -> list[_Pod]:
    pods = [
        _Pod(number, written, list((written.get("spec") or {}).get("containers") or ()))
        for number, written in enumerate(predictor.get("componentSpecs") or ())
    ]
    named = {container["name"] for pod in pods for container in pod.containers}
    added = [{"name": name} for name, unit in units.items() if _is_prepackaged(unit) and name not in named]
    if added and not pods:
        pods.append(_Pod(0, {}, []))
    if added:
        pods[0].containers.extend(added)
    return pods


def _is_prepackaged(unit: Body) -> bool:
    return unit.get("implementation") not in {None, "", "UNKNOWN_IMPLEMENTATION", *_BUILT_IN}


def _ports(container: Body, counted: tuple[int, int]) -> tuple[int, int]:
    own = {port.get("name"): port["containerPort"] for port in container.get("ports") or ()}
    return own.get("http", counted[0]), own.get("grpc", counted[1])


def _workloads(manifest: Body, predictor: _Predictor, sdep: str) -> Shapes:
    found: Shapes = {}
    spread = (predictor.body.get("replicas"), manifest["spec"].get("replicas"))
    for pod in predictor.pods:
        if not pod.containers:
            continue
        name = _deployment_name(predictor, pod, sdep)
        scaled = pod.written.get("hpaSpec") or pod.written.get("kedaSpec")
        asked = () if scaled else (pod.written.get("replicas"), *spread)
        found["Deployment", name] = _deployment(predictor, pod, sdep, name, _first(*asked))
        if hpa := pod.written.get("hpaSpec"):
            found["HorizontalPodAutoscaler", name] = _autoscaler(name, hpa)
        if budget := pod.written.get("pdbSpec"):
            selector = {"matchLabels": {"seldon-deployment-id": fitted(sdep)}}
            found["PodDisruptionBudget", name] = {**budget, "selector": selector}
    if predictor.separate and not predictor.without_engine:
        own = (predictor.body.get("svcOrchSpec") or {}).get("replicas")
        name = fitted(f"{sdep}-{predictor.name}-svc-orch")
        found["Deployment", name] = _orchestrator(predictor, name, _first(own, *spread))
    if _explained(predictor):
        found |= _explainer(predictor, sdep, spread)
    return found


def _deployment_name(predictor: _Predictor, pod: _Pod, sdep: str) -> str:
    own = (pod.written.get("metadata") or {}).get("name")
    ending = own or "-".join(container["name"] for container in pod.containers)
    return fitted(f"{sdep}-{predictor.name}-{pod.number}-{ending}")


def _deployment(predictor: _Predictor, pod: _Pod, sdep: str, name: str, replicas: int) -> Shape:
    units = [container["name"] for container in pod.containers if container["name"] in predictor.units]
    selector = {"seldon-deployment-id": fitted(sdep)}
    selector |= {f"seldon-app-svc-{unit}": fitted(f"{sdep}-{predictor.name}-{unit}") for unit in units}
    if pod.engine or predictor.without_engine:
        selector["seldon-app"] = predictor.service
    labels = {"app": name, "fluentd": "true", **predictor.labels}
    labels |= (pod.written.get("metadata") or {}).get("labels") or {}
    labels |= {_ROLES[role]: "true" for unit in units if (role := _type(predictor.units[unit])) in _ROLES}
    labels |= {**selector, **_MANAGED, **_shadow(predictor)}
    return {"selector": selector, "labels": labels, "engine": pod.engine, "replicas": replicas}


def _orchestrator(predictor: _Predictor, name: str, replicas: int) -> Shape:
    selector = {"seldon-app": predictor.service, "seldon-deployment-id": predictor.service}
    return {
        "selector": selector,
        "labels": {**selector, "app": name, **predictor.labels},
        "engine": True,
        "replicas": replicas,
    }


def _type(unit: Body) -> str:
    if _is_prepackaged(unit):
        return "MODEL"
    unsaid = not (unit.get("type") or unit.get("methods") or unit.get("implementation"))
    return "MODEL" if unsaid else unit.get("type") or ""


def _services(predictor: _Predictor, sdep: str) -> Shapes:
    http, grpc = 8000, 5001
    if predictor.without_engine and predictor.served:
        http, grpc = predictor.ports[predictor.served[0]]
    own = {"seldon-app": predictor.service, "seldon-deployment-id": fitted(sdep), **_MANAGED}
    found: Shapes = {
        ("Service", predictor.service): {
            "selector": {"seldon-app": predictor.service},
            "labels": own,
            "ports": {"http": (http, http), "grpc": (grpc, grpc)},
        }
    }
    for unit in predictor.served:
        name = fitted(f"{sdep}-{predictor.name}-{unit}")
        selector = {f"seldon-app-svc-{unit}": name}
        role = _ROLES.get(_type(predictor.units[unit]))
        http, grpc = predictor.ports[unit]
        found["Service", name] = {
            "selector": selector,
            "labels": {**own, **selector, **({role: "true"} if role else {}), **_shadow(predictor)},
            "ports": {"http": (http, http), "grpc": (grpc, grpc)},
        }
    return found


def _shadow(predictor: _Predictor) -> dict[str, str]:
    return {"seldon.io/shadow": "true"} if predictor.body.get("shadow") else {}


def _explained(predictor: _Predictor) -> bool:
    return bool((predictor.body.get("explainer") or {}).get("type"))


def _explainer(predictor: _Predictor, sdep: str, spread: tuple[int | None, ...]) -> Shapes:
    written = predictor.body["explainer"]
    name = fitted(f"{sdep}-{predictor.name}-explainer")
    port = (written.get("endpoint") or {}).get("service_port") or 9000
    labels = {"seldon.io/explainer": "true", "seldon-deployment-id": fitted(sdep), **_MANAGED}
    replicas = 0 if _first(*spread) == 0 else _first(written.get("replicas"))
    return {
        ("Deployment", name): {
            "selector": {"seldon-deployment-id": fitted(sdep)},
            "labels": {"app": name, "fluentd": "true", **predictor.labels, **labels, "seldon-app": name},
            "engine": False,
            "replicas": replicas,
        },
        ("Service", name): {
            "selector": {"seldon-app": name},
            "labels": {**labels, "seldon-app": predictor.service},
            "ports": {"http": (port, port)},
        },
    }


def _destination_rules(predictor: _Predictor, sdep: str, namespace: str) -> Shapes:
    subsets = {predictor.name: {"version": predictor.labels["version"]}}
    host = f"{predictor.service}.{namespace}.svc.cluster.local"
    main = {"host": host, "subsets": subsets, "idle": "60s", "tls": ""}
    found: Shapes = {("DestinationRule", predictor.service): main}
    if _explained(predictor):
        name = fitted(f"{sdep}-{predictor.name}-explainer")
        found["DestinationRule", name] = {"host": name, "subsets": subsets, "idle": "", "tls": ""}
    return found


def _route(manifest: Body, predictors: list[_Predictor], sdep: str, namespace: str) -> Shape:
    """Over HTTP by a prefix, over gRPC by two headers, each with the same shares."""
    shares: list[dict[Any, int]] = [{}, {}]
    mirrors: list[dict[Any, int]] = [{}, {}]
    live = [predictor for predictor in predictors if not predictor.body.get("shadow")]
    for predictor in predictors:
        host = f"{predictor.service}.{namespace}.svc.cluster.local"
        ports = (8000, 5001)
        if predictor.without_engine and predictor.served:
            ports = predictor.ports[predictor.served[0]]
        for number, port in enumerate(ports):
            if predictor.body.get("shadow"):
                mirrors[number][host, predictor.name, port] = predictor.body.get("traffic") or WHOLE
            else:
                weight = predictor.body.get("traffic") or 0
                shares[number][host, predictor.name, port] = WHOLE if len(live) == 1 else weight
    return {
        **_outside(manifest),
        "prefixes": [f"/seldon/{namespace}/{sdep}/"],
        "grpc": [({"seldon": sdep, "namespace": namespace}, _GRPC_WORDS)],
        "routes": [{where: weight for where, weight in share.items() if weight} for share in shares],
        "mirrors": [mirror for mirror in mirrors if mirror],
        "retries": _retries(manifest) * 2,
    }


def _outside(manifest: Body) -> Shape:
    said = {**(manifest["metadata"].get("annotations") or {}), **(manifest["spec"].get("annotations") or {})}
    return {
        "hosts": [said.get("seldon.io/istio-host", "*")],
        "gateways": [said.get("seldon.io/istio-gateway", GATEWAY)],
    }


def _retries(manifest: Body) -> list[Body]:
    said = {**(manifest["metadata"].get("annotations") or {}), **(manifest["spec"].get("annotations") or {})}
    attempts = int(said.get("seldon.io/istio-retries", "0"))
    if not attempts:
        return []
    seconds = said.get("seldon.io/istio-retries-timeout", "1")
    reasons = "gateway-error,connect-failure,refused-stream"
    return [{"attempts": attempts, "perTryTimeout": f"{int(seconds)}s", "retryOn": reasons}]


def _explainer_route(manifest: Body, predictor: _Predictor, sdep: str, namespace: str) -> Shapes:
    service = fitted(f"{sdep}-{predictor.name}-explainer")
    port = (predictor.body["explainer"].get("endpoint") or {}).get("service_port") or 9000
    return {
        ("VirtualService", f"{service}-http"[:63].removesuffix("-")): {
            **_outside(manifest),
            "prefixes": [f"/seldon/{namespace}/{sdep}-explainer/{predictor.name}/"],
            "grpc": [],
            "routes": [{(service, predictor.name, port): WHOLE}],
            "mirrors": [],
            "retries": [],
        }
    }


def _autoscaler(name: str, written: Body) -> Shape:
    """A metric of v2beta1 becomes one of v2; the corpus has those of resources alone."""
    metrics = written.get("metricsv2")
    if written.get("metrics") is not None:
        metrics = [_converted(metric) for metric in written["metrics"]]
    found = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "minReplicas": written.get("minReplicas", 1),
        "maxReplicas": written["maxReplicas"],
    }
    return {**found, "metrics": metrics} if metrics else found


def _converted(metric: Body) -> Body:
    source = metric["resource"]
    target = {"type": "Utilization", "averageUtilization": source.get("targetAverageUtilization")}
    if source.get("targetAverageValue") is not None:
        target = {"type": "AverageValue", "averageValue": source["targetAverageValue"]}
    return {"type": "Resource", "resource": {"name": source["name"], "target": target}}


def _first(*counts: int | None) -> int:
    return next((count for count in counts if count is not None), 1)
