"""The Deployment of a predictor: one pod template that serves the whole graph."""

from __future__ import annotations

from typing import Any

from sdep.api.predictor import Predictor
from sdep.contract import METRICS_PATH
from sdep.plan import Plan
from sdep.render import labels, names
from sdep.render.engine import engine
from sdep.render.initializer import model_initializer
from sdep.render.manifest import Manifest
from sdep.render.security import pod_security

_GRACE_SECONDS = 20


def deployments(plan: Plan) -> list[Manifest]:
    return [_deployment(plan, predictor) for predictor in plan.predictors]


def _deployment(plan: Plan, predictor: Predictor) -> Manifest:
    pod_labels = labels.pod(plan, predictor)
    spec: dict[str, Any] = {
        "selector": {"matchLabels": {**labels.selector(plan, predictor), labels.DEPLOYMENT_ID: names.seldon_id(plan)}},
        # A new pod answers before an old one goes: never fewer than were asked for.
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}},
        "template": {
            "metadata": {"labels": pod_labels, "annotations": _pod_annotations(plan, predictor)},
            "spec": _pod(plan, predictor),
        },
        "replicas": replicas(plan, predictor),
    }
    if predictor.progress_deadline_seconds is not None:
        spec["progressDeadlineSeconds"] = predictor.progress_deadline_seconds
    metadata = labels.metadata(
        plan,
        names.deployment(plan, predictor),
        {**pod_labels, "seldon-deployment-contains-svcorch": "true"},
        _annotations(plan, predictor),
    )
    return Manifest({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec})


def replicas(plan: Plan, predictor: Predictor) -> int:
    """The most specific count that is given: the pod's own, the predictor's, the SeldonDeployment's, else 1."""
    components = predictor.component_specs or []
    for count in (components[0].replicas if components else None, predictor.replicas, plan.sdep.spec.replicas):
        if count is not None:
            return count
    return 1


def _pod(plan: Plan, predictor: Predictor) -> dict[str, Any]:
    fetched = [unit for unit in predictor.graph.walk() if unit.model_uri]
    pod: dict[str, Any] = {
        "initContainers": [model_initializer(plan, predictor, unit) for unit in fetched],
        "containers": [engine(plan, predictor)],
        "volumes": [
            *({"name": names.model_volume(unit.name or ""), "emptyDir": {}} for unit in fetched),
            {"name": "tmp", "emptyDir": {}},
        ],
        "securityContext": pod_security(plan.settings.runtime_user),
        "terminationGracePeriodSeconds": _GRACE_SECONDS + plan.settings.drain_seconds,
        "automountServiceAccountToken": False,
    }
    accounts = [unit.service_account_name for unit in fetched if unit.service_account_name]
    if accounts:
        pod["serviceAccountName"] = accounts[0]
    return pod


def _annotations(plan: Plan, predictor: Predictor) -> dict[str, str]:
    return {**(plan.sdep.spec.annotations or {}), **(predictor.annotations or {})}


def _pod_annotations(plan: Plan, predictor: Predictor) -> dict[str, str]:
    scraped = {"prometheus.io/path": METRICS_PATH, "prometheus.io/port": "8000", "prometheus.io/scrape": "true"}
    return {**scraped, **_annotations(plan, predictor)}
