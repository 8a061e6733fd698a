"""A predictor's explainer: a Deployment and a Service of its own, where there is an image for it."""

from __future__ import annotations

import copy
from typing import Any

from sdep.api.predictor import Explainer, Predictor
from sdep.contract import MODELS_ROOT, TERMINATION_LOG
from sdep.layout.ports import named_port
from sdep.plan import Plan
from sdep.render import labels, names
from sdep.render.deployment import strategy
from sdep.render.initializer import initializer
from sdep.render.lifecycle import DRAIN, tcp_probe
from sdep.render.manifest import Manifest
from sdep.render.security import pod_security, restricted
from sdep.render.service import entry_ports, is_headless, service
from sdep.render.volumes import volumes

HTTP_PORT = 9000
_GRACE_SECONDS = 20


def explainers(plan: Plan) -> list[Manifest]:
    return [
        made
        for predictor in plan.predictors
        if predictor.explainer and plan.explained(predictor)
        for made in (_deployment(plan, predictor, predictor.explainer), _service(plan, predictor, predictor.explainer))
    ]


def port(explainer: Explainer) -> int:
    """Where it listens: the container's port named http, else the endpoint's, else 9000. v1's Service knew only the last two."""
    named = named_port(explainer.container_spec or {}, "http")
    return named or (explainer.endpoint and explainer.endpoint.service_port) or HTTP_PORT


def replicas(plan: Plan, predictor: Predictor) -> int | None:
    """A predictor that is scaled to nothing has an explainer of nothing, as in v1."""
    count = plan.sdep.spec.replicas if predictor.replicas is None else predictor.replicas
    return 0 if count == 0 else predictor.explainer.replicas if predictor.explainer else None


def _deployment(plan: Plan, predictor: Predictor, explainer: Explainer) -> Manifest:
    name = names.explainer(plan, predictor)
    selector = {labels.DEPLOYMENT_ID: names.seldon_id(plan), labels.APP: name}
    marked = {
        "app": name,
        "fluentd": "true",
        **(predictor.labels or {}),
        **selector,
        **labels.common(plan),
        labels.EXPLAINER: "true",
    }
    annotations = {**(plan.sdep.spec.annotations or {}), **(predictor.annotations or {})}
    count = replicas(plan, predictor)
    spec = {
        "selector": {"matchLabels": selector},
        "template": {
            "metadata": {"labels": marked, "annotations": annotations},
            "spec": _pod(plan, predictor, explainer),
        },
        **({} if count is None else {"replicas": count}),
        **strategy(predictor),
    }
    metadata = labels.metadata(plan, name, marked, annotations)
    return Manifest({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec})


def _service(plan: Plan, predictor: Predictor, explainer: Explainer) -> Manifest:
    name = names.explainer(plan, predictor)
    body = service(
        plan,
        name,
        {labels.APP: name},
        {**labels.selector(plan, predictor), labels.EXPLAINER: "true"},
        {"http": port(explainer)},
    )
    if is_headless(plan):
        body["spec"]["clusterIP"] = "None"
    return Manifest(body)


def _pod(plan: Plan, predictor: Predictor, explainer: Explainer) -> dict[str, Any]:
    container = _container(plan, predictor, explainer)
    spec: dict[str, Any] = {
        "containers": [container],
        "securityContext": pod_security(plan.settings.runtime_user),
        "terminationGracePeriodSeconds": _GRACE_SECONDS,
    }
    if uri := explainer.model_uri:
        mount = {"name": names.model_volume(container["name"]), "mountPath": MODELS_ROOT, "readOnly": True}
        container["volumeMounts"] = [*(container.get("volumeMounts") or ()), mount]
        image, secret = explainer.storage_initializer_image, explainer.env_secret_ref_name
        spec["initContainers"] = [initializer(plan, container["name"], uri, MODELS_ROOT, image=image, secret=secret)]
        spec["volumes"] = volumes({}, {container["name"]: uri}, [container, *spec["initContainers"]])
    if explainer.service_account_name:
        spec["serviceAccountName"] = explainer.service_account_name
    return spec


def _container(plan: Plan, predictor: Predictor, explainer: Explainer) -> dict[str, Any]:
    """What the manifest says of the container stays; v1 replaced its arguments."""
    container = copy.deepcopy(dict(explainer.container_spec or {}))
    container.setdefault("name", names.explainer(plan, predictor))
    container.setdefault("image", plan.settings.explainer_image)
    container.setdefault("imagePullPolicy", "IfNotPresent")
    container.setdefault("terminationMessagePath", TERMINATION_LOG)
    container.setdefault("lifecycle", copy.deepcopy(DRAIN))
    container.setdefault("args", _arguments(plan, predictor, explainer))
    listening = port(explainer)
    if "http" not in {given.get("name") for given in container.get("ports") or ()}:
        own = {"name": "http", "containerPort": listening, "protocol": "TCP"}
        container["ports"] = [*(container.get("ports") or ()), own]
    for probe, delay, failures in (("livenessProbe", 60, 5), ("readinessProbe", 20, 7)):
        container.setdefault(probe, tcp_probe("http", delay, failures))
    container["securityContext"] = restricted(container.get("securityContext"))
    return container


def _arguments(plan: Plan, predictor: Predictor, explainer: Explainer) -> list[str]:
    http, _ = entry_ports(plan, predictor)
    host = f"{names.predictor_service(plan, predictor)}.{plan.namespace}:{http}"
    protocol = plan.sdep.spec.protocol or "seldon"
    config = [
        f"--{name}={value.replace(explainer.model_uri, MODELS_ROOT, 1) if explainer.model_uri else value}"
        for name, value in sorted((explainer.config or {}).items())
    ]
    return [
        f"--model_name={predictor.graph.name}",
        f"--predictor_host={host}",
        f"--protocol={protocol}.http",
        f"--http_port={port(explainer)}",
        *([f"--storage_uri={MODELS_ROOT}"] if explainer.model_uri else []),
        explainer.type or "",
        *(["--tf_data_type=float32"] if explainer.type == "AnchorImages" else []),
        *config,
    ]
