"""Deployments as the watches tell of them."""

from __future__ import annotations

from typing import Any


def deployment(name: str, seconds: float, *, available: int = 1, replicas: int = 1, updated: int = 1) -> dict[str, Any]:
    """Of the predictor of this name of `prices`. What is told at more `seconds` is newer."""
    owner = {"kind": "SeldonDeployment", "apiVersion": "machinelearning.seldon.io/v1", "name": "prices"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": f"prices-{name}-0-price",
            "namespace": "default",
            "uid": name,
            "resourceVersion": str(int(seconds * 10) + 10),
            "ownerReferences": [{**owner, "controller": True}],
        },
        "spec": {"template": {"metadata": {"labels": {}}, "spec": {"containers": []}}},
        "status": {"availableReplicas": available, "replicas": replicas, "updatedReplicas": updated},
    }
