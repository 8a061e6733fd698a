"""Every name of every child, as Seldon Core v1 gave it: users' dashboards, routes and scripts know them."""

from __future__ import annotations

from sdep.api.predictor import Predictor
from sdep.contract import LONGEST_NAME, explainer_service, fitted
from sdep.layout.place import Pod
from sdep.plan import Plan


def seldon_id(plan: Plan) -> str:
    """The label `seldon-deployment-id`, and the VirtualService."""
    return fitted(plan.name)


def predictor_service(plan: Plan, predictor: Predictor) -> str:
    chosen = (predictor.annotations or {}).get("seldon.io/svc-name")
    return chosen or fitted(f"{plan.name}-{predictor.name}")


def deployment(plan: Plan, predictor: Predictor, pod: Pod) -> str:
    """`<sdep>-<predictor>-<component>-<its containers joined by ->`, or with the component's own name at the end."""
    if pod.component is None:
        return fitted(f"{plan.name}-{predictor.name}-svc-orch")
    chosen = (pod.spec.metadata or {}).get("name")
    containers = "-".join(container.name for container in pod.containers)
    return fitted(f"{plan.name}-{predictor.name}-{pod.component}-{chosen or containers or predictor.graph.name}")


def container_service(plan: Plan, predictor: Predictor, container: str) -> str:
    """Where one unit of the graph is called."""
    return container_service_of(plan.name, predictor.name, container)


def container_service_of(sdep: str, predictor: str, container: str) -> str:
    return fitted(f"{sdep}-{predictor}-{container}")


def explainer(plan: Plan, predictor: Predictor) -> str:
    return explainer_service(plan.name, predictor.name)


def service_host(plan: Plan, service: str) -> str:
    return f"{service}.{plan.namespace}.svc.cluster.local"


def model_initializer(unit: str) -> str:
    return f"{unit}-model-initializer"[:LONGEST_NAME].rstrip("-")


def model_volume(unit: str) -> str:
    return f"{unit}-provision-location"[:LONGEST_NAME].rstrip("-")
