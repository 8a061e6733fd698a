"""The Deployments of a predictor: one for each of its pods."""

from __future__ import annotations

from typing import Any

from sdep.api.predictor import Predictor
from sdep.layout.place import Pod
from sdep.plan import Plan
from sdep.render import labels, names
from sdep.render.manifest import Manifest
from sdep.render.pod import manifest_annotations, pod_template


def deployments(plan: Plan) -> list[Manifest]:
    return [
        _deployment(plan, predictor, pod) for predictor in plan.predictors for pod in plan.layouts[predictor.name].pods
    ]


def _deployment(plan: Plan, predictor: Predictor, pod: Pod) -> Manifest:
    count = replicas(plan, predictor, pod)
    scale = {} if count is None else {"replicas": count}
    made_of = {
        "selector": {"matchLabels": labels.workload_selector(plan, predictor, pod)},
        "template": pod_template(plan, predictor, pod),
    }
    metadata = labels.metadata(
        plan,
        names.deployment(plan, predictor, pod),
        {
            **labels.pod(plan, predictor, pod),
            **({"seldon-deployment-contains-svcorch": "true"} if pod.has_engine else {}),
        },
        manifest_annotations(plan, predictor, pod),
    )
    spec = {**made_of, **scale, **strategy(predictor)}
    return Manifest({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec})


def strategy(predictor: Predictor) -> dict[str, Any]:
    """A new pod answers before an old one goes: never fewer than were asked for.

    It counts once every gateway knows of it, for which an endpoint needs some tenths of a second after the pod is ready.
    """
    found: dict[str, Any] = {
        "minReadySeconds": 1,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}},
    }
    if predictor.progress_deadline_seconds is not None:
        found["progressDeadlineSeconds"] = predictor.progress_deadline_seconds
    return found


def replicas(plan: Plan, predictor: Predictor, pod: Pod) -> int | None:
    """The most specific count that is given, as in v1; None leaves it to whoever scales the Deployment, at first 1."""
    own = predictor.svc_orch_spec.replicas if pod.component is None and predictor.svc_orch_spec else pod.spec.replicas
    if is_autoscaled(plan, pod):
        return None
    return next((count for count in (own, predictor.replicas, plan.sdep.spec.replicas) if count is not None), None)


def is_autoscaled(plan: Plan, pod: Pod) -> bool:
    return bool(pod.spec.hpa_spec) or bool(pod.spec.keda_spec and plan.settings.keda_enabled)
