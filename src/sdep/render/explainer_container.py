"""An explainer in an image of its own: started, probed and told what to do as Seldon Core v1 did it."""

from __future__ import annotations

import copy
from typing import Any

from sdep.api.explainer import Explainer
from sdep.api.predictor import Predictor
from sdep.contract import MODELS_ROOT, TERMINATION_LOG
from sdep.plan import Plan
from sdep.render import names
from sdep.render.explainer_port import port
from sdep.render.initializer import initializer
from sdep.render.lifecycle import DRAIN, tcp_probe
from sdep.render.security import pod_security, restricted
from sdep.render.service import entry_ports
from sdep.render.volumes import volumes

_GRACE_SECONDS = 20


def container_pod(plan: Plan, predictor: Predictor, explainer: Explainer) -> dict[str, Any]:
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
    container = copy.deepcopy(explainer.container)
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
