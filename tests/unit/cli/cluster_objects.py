"""Objects as the API server holds them, for the pure parts that read them."""

from __future__ import annotations

from typing import Any

from sdep.diagnosis.gathered import Gathered

Body = dict[str, Any]
NAMESPACE = "models"


def sdep(*conditions: Body, name: str = "prices", **status: object) -> Body:
    """A SeldonDeployment of generation 2 whose status is of it."""
    said = {"observedGeneration": 2, "state": "Creating", "conditions": list(conditions), **status}
    return {
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": f"uid-{name}", "generation": 2},
        "spec": {"predictors": [{"name": "main"}, {"name": "main-new"}]},
        "status": said,
    }


def condition(kind: str, reason: str, message: str = "", status: str = "False") -> Body:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def not_ready(kind: str, reason: str, message: str) -> tuple[Body, Body]:
    """The condition at fault, and `Ready`, which repeats it."""
    return condition("Ready", reason, message), condition(kind, reason, message)


def deployment(name: str, *, available: int = 0, conditions: tuple[Body, ...] = ()) -> Body:
    counts = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": available}
    return {
        "kind": "Deployment",
        "metadata": _metadata(name, "SeldonDeployment", "uid-prices"),
        "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "c"}]}}},
        "status": {**counts, "conditions": list(conditions)},
    }


def replica_set(of: Body, *, made: int = 1, conditions: tuple[Body, ...] = ()) -> Body:
    name = f"{of['metadata']['name']}-5d4"
    return {
        "kind": "ReplicaSet",
        "metadata": _metadata(name, "Deployment", of["metadata"]["uid"]),
        "spec": {"replicas": 1},
        "status": {"replicas": made, "conditions": list(conditions)},
    }


def pod(of: Body, **status: object) -> Body:
    """A pod of a ReplicaSet with one container."""
    return {
        "kind": "Pod",
        "metadata": _metadata(f"{of['metadata']['name']}-x2z", "ReplicaSet", of["metadata"]["uid"]),
        "spec": {"containers": [{"name": "engine"}]},
        "status": {"phase": "Pending", **status},
    }


def container(name: str, *, restarts: int = 0, **state: Body) -> Body:
    return {"name": name, "ready": False, "restartCount": restarts, "state": state}


def gathered(body: Body, *objects: Body) -> Gathered:
    def of(kind: str) -> list[Body]:
        return [found for found in objects if found["kind"] == kind]

    return Gathered(body, of("Deployment"), of("ReplicaSet"), of("Pod"))


def with_pod(reason: str, message: str = "", **status: object) -> Gathered:
    """One Deployment whose only pod has this status, and a condition that took its reason from it."""
    body = sdep(*not_ready("DeploymentsReady", reason, message))
    top = deployment("prices-main-0-m")
    middle = replica_set(top)
    return gathered(body, top, middle, pod(middle, **status))


def _metadata(name: str, owner_kind: str, owner: str) -> Body:
    reference = {"kind": owner_kind, "name": owner, "uid": owner, "controller": True}
    labels = {"seldon-deployment-id": "prices"}
    return {
        "name": name,
        "namespace": NAMESPACE,
        "uid": f"uid-{name}",
        "labels": labels,
        "ownerReferences": [reference],
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
