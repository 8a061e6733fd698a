"""A predictor's explainer: a Deployment and a Service of its own, in an image of its own or in our runtime."""

from __future__ import annotations

from sdep.api.explainer import Explainer
from sdep.api.predictor import Predictor
from sdep.plan import Plan
from sdep.render import labels, names
from sdep.render.deployment import strategy
from sdep.render.explainer_container import container_pod
from sdep.render.explainer_port import port
from sdep.render.explainer_runtime import runtime_pod
from sdep.render.manifest import Manifest
from sdep.render.service import is_headless, service


def explainers(plan: Plan) -> list[Manifest]:
    return [
        made
        for predictor in plan.predictors
        if predictor.explainer and plan.explained(predictor)
        for made in (_deployment(plan, predictor, predictor.explainer), _service(plan, predictor, predictor.explainer))
    ]


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
    pod = container_pod if explainer.image(plan.settings.explainer_image) else runtime_pod
    spec = {
        "selector": {"matchLabels": selector},
        "template": {
            "metadata": {"labels": marked, "annotations": annotations},
            "spec": pod(plan, predictor, explainer),
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
