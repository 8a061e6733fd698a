"""A SeldonDeployment's children as Seldon Core v1's controller leaves them, so that a test can take them over.

Names, selectors, labels and routes come from the restatement of v1's rules; pod templates are written out here. Where v1's own
images would run, a program stands in that answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from demo.kubectl import Target
from tests.contract import v1
from tests.contract.shape import WHOLE, Shape

_STAND_IN = Path(__file__).with_name("stand_in_server.py")
_ID = "seldon-deployment-id"
EXECUTOR_ARGUMENTS = ("--http_port", "8000", "--grpc_port", "5001", "--full_health_checks=false")
"""Of v1's executor; those that say what it serves are left out."""

Body = Mapping[str, Any]
Made = dict[str, Any]


def leave(target: Target, manifest: Made, image: str) -> Made:
    """Store the manifest and all its children, as v1's controller (field manager `manager`) would; the stored manifest."""
    target.kubectl("create", "--validate=warn", "-f", "-", stdin=json.dumps(manifest))
    name, namespace = manifest["metadata"]["name"], manifest["metadata"]["namespace"]
    stored = target.get("sdep", name, "-n", namespace)
    bodies = [_owned(body, stored) for body in _children(manifest, image)]
    everything = json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies})
    target.kubectl("create", "--field-manager=manager", "-f", "-", stdin=everything)
    said = json.dumps({"status": {"state": "Available", "replicas": 1}})
    target.kubectl("patch", "sdep", name, "-n", namespace, "--subresource=status", "--type=merge", "-p", said)
    return stored


def leaked(namespace: str, name: str, sdep: Made) -> list[Made]:
    """What is left of a predictor that is gone: v1 never deletes its DestinationRule, and an autoscaler not always."""
    rule = _object("networking.istio.io/v1", "DestinationRule", namespace, name)
    scaler = _object("autoscaling/v2", "HorizontalPodAutoscaler", namespace, name, {_ID: sdep["metadata"]["name"]})
    scaled = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}, "maxReplicas": 2}
    return [_owned({**rule, "spec": {"host": name}}, sdep), _owned({**scaler, "spec": scaled}, sdep)]


def _owned(body: Made, sdep: Body) -> Made:
    owner = {
        "apiVersion": sdep["apiVersion"],
        "kind": sdep["kind"],
        "name": sdep["metadata"]["name"],
        "uid": sdep["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    return {**body, "metadata": {**body["metadata"], "ownerReferences": [owner]}}


def _object(api: str, kind: str, namespace: str, name: str, labels: Body | None = None) -> Made:
    metadata: Made = {"name": name, "namespace": namespace}
    return {"apiVersion": api, "kind": kind, "metadata": {**metadata, **({"labels": labels} if labels else {})}}


def _children(manifest: Body, image: str) -> Iterator[Made]:
    namespace = manifest["metadata"]["namespace"]
    for (kind, name), shape in v1.children(manifest).items():
        if kind == "Deployment":
            made = _object("apps/v1", kind, namespace, name, shape["labels"])
            made["metadata"]["annotations"] = {"seldon.io/last-applied": "UEsDBA=="}
            yield {**made, "spec": _deployment(manifest, name, shape, image)}
        elif kind == "Service":
            ports = [
                {"name": port, "port": number, "targetPort": inner, "protocol": "TCP"}
                for port, (number, inner) in shape["ports"].items()
            ]
            made = _object("v1", kind, namespace, name, shape["labels"])
            yield {**made, "spec": {"selector": shape["selector"], "ports": ports, "type": "ClusterIP"}}
        elif kind == "VirtualService":
            yield {**_object("networking.istio.io/v1", kind, namespace, name), "spec": _routes(shape)}
        elif kind == "DestinationRule":
            subsets = [{"name": subset, "labels": labels} for subset, labels in shape["subsets"].items()]
            policy = {"connectionPool": {"http": {"idleTimeout": shape["idle"]}}}
            spec = {"host": shape["host"], "subsets": subsets, "trafficPolicy": policy}
            yield {**_object("networking.istio.io/v1", kind, namespace, name), "spec": spec}


def _routes(shape: Shape) -> Made:
    rest = {"match": [{"uri": {"prefix": shape["prefixes"][0]}}], "rewrite": {"uri": "/"}}
    headers = {name: {"exact": value} for name, value in shape["grpc"][0][0].items()}
    grpc = {"match": [{"uri": {"regex": ".*tensorflow.*|.*seldon.protos.*|.*inference.*"}, "headers": headers}]}
    rules = [
        {**rule, "route": _destinations(shares)} for rule, shares in zip((rest, grpc), shape["routes"], strict=True)
    ]
    return {"hosts": shape["hosts"], "gateways": shape["gateways"], "http": rules}


def _destinations(shares: Mapping[tuple[str, str, int], int]) -> list[Made]:
    """A lone destination has no weight in v1's VirtualServices."""
    return [
        {
            "destination": {"host": host, "subset": subset, "port": {"number": port}},
            **({} if weight == WHOLE else {"weight": weight}),
        }
        for (host, subset, port), weight in shares.items()
    ]


def _deployment(manifest: Body, name: str, shape: Shape, image: str) -> Made:
    (predictor,) = [each for each in manifest["spec"]["predictors"] if f"-{each['name']}-" in name]
    containers = [_unit(manifest, predictor, body, shape, image) for body in _containers(predictor, name)]
    pod: Made = {
        "containers": [*containers, *([_engine(predictor, image)] if shape["engine"] else [])],
        "securityContext": {"runAsUser": 8888},
        "terminationGracePeriodSeconds": 20,
        "volumes": [
            _pod_info(),
            *(_storage(body["name"]) for body in containers if _downloads(predictor, body["name"])),
        ],
    }
    if fetched := [body["name"] for body in containers if _downloads(predictor, body["name"])]:
        pod["initContainers"] = [_initializer(unit, image) for unit in fetched]
    scraped = {"prometheus.io/path": "/prometheus", "prometheus.io/scrape": "true"}
    said = {**(manifest["spec"].get("annotations") or {}), **(predictor.get("annotations") or {})}
    return {
        "replicas": shape["replicas"],
        "selector": {"matchLabels": shape["selector"]},
        "strategy": {"rollingUpdate": {"maxUnavailable": 0}, "type": "RollingUpdate"},
        "template": {"metadata": {"labels": shape["labels"], "annotations": {**scraped, **said}}, "spec": pod},
    }


def _containers(predictor: Body, deployment: str) -> list[Body]:
    if deployment.endswith("-svc-orch"):
        return []
    written = predictor.get("componentSpecs") or [{"spec": {"containers": [{"name": predictor["graph"]["name"]}]}}]
    number = int(deployment.split(f"-{predictor['name']}-", 1)[1].split("-", maxsplit=1)[0])
    found: list[Body] = written[number]["spec"]["containers"]
    return found


def _numbers(predictor: Body, unit: str) -> tuple[int, int, int]:
    """(http, grpc, metrics) of a container of a lone predictor: one more for each container before it."""
    components = predictor.get("componentSpecs") or [{"spec": {"containers": [{"name": unit}]}}]
    names = [body["name"] for component in components for body in component["spec"]["containers"]]
    place = names.index(unit)
    return 9000 + place, 9500 + place, 6000 + place


def _unit(manifest: Body, predictor: Body, body: Body, shape: Shape, image: str) -> Made:
    """In v1's own order, variable by variable: a pod is kept only where its template is just what is wanted."""
    name = body["name"]
    http, grpc, metrics = _numbers(predictor, name)
    prepackaged = "image" not in body
    probe = {
        "tcpSocket": {"port": http},
        "periodSeconds": 5,
        "successThreshold": 1,
        "failureThreshold": 3,
        "timeoutSeconds": 1,
    }
    mounts = [{"name": "seldon-podinfo", "mountPath": "/etc/podinfo"}]
    values = {
        "PREDICTIVE_UNIT_SERVICE_PORT": http,
        "PREDICTIVE_UNIT_HTTP_SERVICE_PORT": http,
        "MLSERVER_HTTP_PORT": http,
        "PREDICTIVE_UNIT_GRPC_SERVICE_PORT": grpc,
        "MLSERVER_GRPC_PORT": grpc,
        **({"MLSERVER_MODEL_URI": "/mnt/models"} if prepackaged else {}),
        "PREDICTIVE_UNIT_ID": name,
        "MLSERVER_MODEL_NAME": name,
        "PREDICTIVE_UNIT_IMAGE": body.get("image", "seldonio/mlflowserver:1.17.1"),
        "PREDICTOR_ID": predictor["name"],
        "PREDICTOR_LABELS": json.dumps({"version": shape["labels"]["version"]}, separators=(",", ":")),
        "SELDON_DEPLOYMENT_ID": manifest["metadata"]["name"],
        "SELDON_EXECUTOR_ENABLED": "true",
        "PREDICTIVE_UNIT_METRICS_SERVICE_PORT": metrics,
        "PREDICTIVE_UNIT_METRICS_ENDPOINT": "/prometheus",
        "MLSERVER_METRICS_PORT": metrics,
        "MLSERVER_METRICS_ENDPOINT": "/prometheus",
    }
    return {
        **({"image": image, "command": ["sleep", "infinity"]} if prepackaged else {}),
        **body,
        "imagePullPolicy": "IfNotPresent",
        "env": [*body.get("env", ()), *({"name": key, "value": str(value)} for key, value in values.items())],
        "ports": [
            {"name": port, "containerPort": number, "protocol": "TCP"}
            for port, number in (("metrics", metrics), ("http", http), ("grpc", grpc))
        ],
        "livenessProbe": body.get("livenessProbe") or {**probe, "initialDelaySeconds": 600 if prepackaged else 60},
        "readinessProbe": {"exec": {"command": ["true"]}} if prepackaged else body["readinessProbe"],
        "lifecycle": body.get("lifecycle") or {"preStop": {"exec": {"command": ["/bin/sh", "-c", "/bin/sleep 10"]}}},
        "volumeMounts": mounts
        + (
            [{"name": f"{name}-provision-location", "mountPath": "/mnt/models", "readOnly": True}]
            if prepackaged
            else []
        ),
    }


def _engine(predictor: Body, image: str) -> Made:
    stand_in = {"PREDICTOR": predictor["name"], "CERTIFICATE": "", "PREDICTOR_ID": predictor["name"]}
    environment = {**stand_in, "ENGINE_PREDICTOR": "e30=", "REQUEST_LOGGER_DEFAULT_ENDPOINT": "http://default-broker"}
    probe = {"httpGet": {"path": "/ready", "port": 8000}, "periodSeconds": 1, "timeoutSeconds": 60}
    return {
        "name": "seldon-container-engine",
        "image": image,
        "command": ["python3", "-c", _STAND_IN.read_text()],
        "args": list(EXECUTOR_ARGUMENTS),
        "env": [{"name": key, "value": value} for key, value in environment.items()],
        "ports": [{"name": "http", "containerPort": 8000}, {"name": "grpc", "containerPort": 5001}],
        "readinessProbe": probe,
        "lifecycle": {"preStop": {"exec": {"command": ["/bin/sh", "-c", "sleep 5"]}}},
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "512Mi"}},
        "securityContext": {"runAsUser": 8888, "allowPrivilegeEscalation": False},
        "volumeMounts": [{"name": "seldon-podinfo", "mountPath": "/etc/podinfo"}],
    }


def _downloads(predictor: Body, unit: str) -> bool:
    return bool(predictor["graph"]["name"] == unit and predictor["graph"].get("modelUri"))


def _initializer(unit: str, image: str) -> Made:
    return {
        "name": f"{unit}-model-initializer",
        "image": image,
        "command": ["true"],
        "args": ["gs://somewhere", "/mnt/models"],
        "volumeMounts": [{"name": f"{unit}-provision-location", "mountPath": "/mnt/models"}],
    }


def _storage(unit: str) -> Made:
    return {"name": f"{unit}-provision-location", "emptyDir": {}}


def _pod_info() -> Made:
    item = {"path": "annotations", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.annotations"}}
    return {"name": "seldon-podinfo", "downwardAPI": {"defaultMode": 420, "items": [item]}}
