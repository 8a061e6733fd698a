"""What scales a pod: a HorizontalPodAutoscaler from hpaSpec, or KEDA's ScaledObject from kedaSpec, each named like its Deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sdep.api.predictor import HpaSpec, KedaSpec, Predictor
from sdep.layout.place import Pod
from sdep.plan import Plan
from sdep.render import labels, names
from sdep.render.manifest import Manifest

HPA_API = "autoscaling/v2"
KEDA_API = "keda.sh/v1alpha1"

Metric = Mapping[str, Any]


def autoscalers(plan: Plan) -> Iterator[Manifest]:
    """KedaSpec wins where both are given and KEDA is there, as in v1."""
    for predictor in plan.predictors:
        for pod in plan.layouts[predictor.name].pods:
            if pod.spec.keda_spec and plan.settings.keda_enabled:
                yield _scaled_object(plan, predictor, pod, pod.spec.keda_spec)
            elif pod.spec.hpa_spec:
                yield _hpa(plan, predictor, pod, pod.spec.hpa_spec)


def _hpa(plan: Plan, predictor: Predictor, pod: Pod, given: HpaSpec) -> Manifest:
    name = names.deployment(plan, predictor, pod)
    metrics = [converted(metric) for metric in given.metrics] if given.metrics is not None else given.metricsv2
    spec: dict[str, Any] = {"scaleTargetRef": _target(name), "maxReplicas": given.max_replicas}
    if given.min_replicas is not None:
        spec["minReplicas"] = given.min_replicas
    if metrics:
        spec["metrics"] = metrics
    metadata = labels.metadata(plan, name, labels.common(plan))
    return Manifest({"apiVersion": HPA_API, "kind": "HorizontalPodAutoscaler", "metadata": metadata, "spec": spec})


def _scaled_object(plan: Plan, predictor: Predictor, pod: Pod, given: KedaSpec) -> Manifest:
    name = names.deployment(plan, predictor, pod)
    spec = {"scaleTargetRef": _target(name), **given.to_manifest()}
    metadata = labels.metadata(plan, name, labels.common(plan))
    return Manifest({"apiVersion": KEDA_API, "kind": "ScaledObject", "metadata": metadata, "spec": spec})


def _target(name: str) -> dict[str, str]:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}


def converted(metric: Metric) -> dict[str, Any]:
    """A metric of autoscaling/v2beta1 as autoscaling/v2 has it; one that is of v2 already stays as it is.

    The rules are Kubernetes' own between the two versions (v1.24 pkg/apis/autoscaling/v2beta1/conversion.go).
    """
    kind = str(metric.get("type", ""))
    field = kind[:1].lower() + kind[1:]
    source = metric.get(field)
    if not isinstance(source, Mapping):
        return dict(metric)  # the API server says what is wrong with it
    if ("target" in source and "metric" in source) or (kind.endswith("Resource") and "target" in source):
        return dict(metric)
    return {"type": kind, field: _CONVERSIONS[kind](source) if kind in _CONVERSIONS else dict(source)}


def _resource(source: Metric) -> dict[str, Any]:
    utilization = source.get("targetAverageUtilization")
    average = source.get("targetAverageValue")
    target = (
        {"type": "Utilization", "averageUtilization": utilization}
        if average is None
        else {"type": "AverageValue", "averageValue": average}
    )
    kept = {name: source[name] for name in ("name", "container") if name in source}
    return {**kept, "target": {name: value for name, value in target.items() if value is not None}}


def _pods(source: Metric) -> dict[str, Any]:
    target = {"type": "AverageValue", "averageValue": source.get("targetAverageValue")}
    return {"metric": _identified(source, "metricName", "selector"), "target": target}


def _object(source: Metric) -> dict[str, Any]:
    value, average = source.get("targetValue"), source.get("averageValue")
    return {
        "describedObject": source.get("target"),
        "metric": _identified(source, "metricName", "selector"),
        "target": {"type": "Value", "value": value} if average is None else _average(average),
    }


def _external(source: Metric) -> dict[str, Any]:
    value, average = source.get("targetValue"), source.get("targetAverageValue")
    return {
        "metric": _identified(source, "metricName", "metricSelector"),
        "target": _average(average) if value is None else {"type": "Value", "value": value},
    }


def _average(value: object) -> dict[str, Any]:
    return {"type": "AverageValue", "averageValue": value}


def _identified(source: Metric, name: str, selector: str) -> dict[str, Any]:
    found = {"name": source.get(name)}
    return {**found, "selector": source[selector]} if source.get(selector) else found


_CONVERSIONS = {
    "Resource": _resource,
    "ContainerResource": _resource,
    "Pods": _pods,
    "Object": _object,
    "External": _external,
}
