"""What the store holds of one SeldonDeployment, in the shape that trees and causes are made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sdep.diagnosis.gathered import Gathered
from sdep.operator.store import ObjectName, Store
from sdep.status.observation import deployment_of

Body = Mapping[str, Any]


def gathered(store: Store, name: ObjectName) -> Gathered | None:
    """None where there is no such SeldonDeployment."""
    body = store.sdeps.get(name)
    if body is None:
        return None
    children = store.children(name)
    deployments = [child for key, child in children.items() if key.kind == "Deployment"]
    services = {key.name for key in children if key.kind == "Service"}
    # Pods of v1's separate engines carry their Service's name where others carry the SeldonDeployment's.
    pods = [pod for label in (name[1], *sorted(services - {name[1]})) for pod in store.pods((name[0], label))]
    return Gathered(body, deployments, _replica_sets(deployments, pods), pods)


def _replica_sets(deployments: Iterable[Body], pods: Iterable[Body]) -> Sequence[Body]:
    """Those that pods name, with the newest pod first: the operator watches none, and knows no more of them than that."""
    by_name = {deployment["metadata"]["name"]: deployment for deployment in deployments}
    found: dict[str, Body] = {}
    for pod in sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")), reverse=True):
        deployment = by_name.get(deployment_of(pod))
        for owner in pod["metadata"].get("ownerReferences") or ():
            if deployment and owner["kind"] == "ReplicaSet":
                metadata = {"name": owner["name"], "uid": owner["uid"], "ownerReferences": [deployment["metadata"]]}
                found.setdefault(owner["uid"], {"metadata": metadata, "spec": {"replicas": 1}})
    return list(found.values())
