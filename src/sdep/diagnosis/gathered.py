"""The objects that belong to one SeldonDeployment, as the API server holds them, and who belongs to whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sdep.contract import fitted
from sdep.render.labels import DEPLOYMENT_ID
from sdep.render.variables import predictor_of

Body = Mapping[str, Any]

GATHERED_KINDS = (("apps/v1", "Deployment"), ("apps/v1", "ReplicaSet"), ("v1", "Pod"))
"""What to list beside SeldonDeployments."""

LABELLED = DEPLOYMENT_ID
"""Every one of these carries the label."""


@dataclass(frozen=True)
class Gathered:
    """`sdep` may be without status: nobody has looked at it yet."""

    sdep: Body
    deployments: Sequence[Body]
    replica_sets: Sequence[Body]
    pods: Sequence[Body]

    @property
    def name(self) -> str:
        return str(self.sdep["metadata"]["name"])

    @property
    def namespace(self) -> str:
        return str(self.sdep["metadata"]["namespace"])

    @property
    def status(self) -> Body:
        return self.sdep.get("status") or {}

    @property
    def seen(self) -> bool:
        """Whether the status is about the manifest as it is now."""
        generation = self.sdep["metadata"].get("generation", 0)
        return bool(self.status) and int(self.status.get("observedGeneration", 0)) >= generation

    @property
    def predictors(self) -> list[Body]:
        """Those of the manifest, and last the canary and the baseline that the operator made for a rollout."""
        written = list(self.sdep["spec"].get("predictors") or ())
        rollout, named = self.status.get("rollout") or {}, {found["name"] for found in written}
        there = {found["name"] for found in self.status.get("predictors") or ()}
        made = [rollout.get(part) for part in ("canary", "baseline")]
        return [*written, *({"name": name} for name in made if name in there - named)]

    def condition(self, kind: str) -> Body:
        return next((found for found in self.status.get("conditions") or () if found["type"] == kind), {})

    def replica_sets_of(self, deployment: Body) -> list[Body]:
        """Those that are wanted or have pods, the newest first."""
        mine = [found for found in self.replica_sets if _owned_by(found, deployment)]
        alive = [found for found in mine if _wanted(found) or (found.get("status") or {}).get("replicas")]
        return sorted(alive, key=_revision, reverse=True)

    def pods_of(self, deployment: Body) -> list[Body]:
        """Of the newest template first."""
        return [pod for owner in self.replica_sets_of(deployment) for pod in self.pods_of_replica_set(owner)]

    def pods_of_replica_set(self, replica_set: Body) -> list[Body]:
        mine = [pod for pod in self.pods if _owned_by(pod, replica_set)]
        return sorted(mine, key=lambda pod: (pod["metadata"].get("creationTimestamp") or "", pod["metadata"]["name"]))


def gather(sdeps: Iterable[Body], objects: Mapping[str, Sequence[Body]]) -> list[Gathered]:
    """One for each SeldonDeployment, by namespace and name. `objects` are by kind and may hold those of others."""
    made = []
    for sdep in sorted(sdeps, key=lambda body: (body["metadata"]["namespace"], body["metadata"]["name"])):
        mine = {kind: [body for body in bodies if _labelled(body, sdep)] for kind, bodies in objects.items()}
        owned = [body for body in mine.get("Deployment", ()) if _owned_by(body, sdep)]
        made.append(Gathered(sdep, owned, mine.get("ReplicaSet", ()), mine.get("Pod", ())))
    return made


def deployments_by_predictor(gathered: Gathered) -> dict[str, list[Body]]:
    """The Deployments of each predictor; under "" those of none, such as one that was taken out."""
    predictors = [str(found["name"]) for found in gathered.predictors]
    found: dict[str, list[Body]] = {name: [] for name in (*predictors, "")}
    for deployment in sorted(gathered.deployments, key=lambda body: str(body["metadata"]["name"])):
        found[_predictor(gathered.name, predictors, deployment)].append(deployment)
    return found


def _predictor(sdep: str, predictors: Sequence[str], deployment: Body) -> str:
    """What its containers are told; else, of a Deployment that tells them nothing, the longest name that it begins with."""
    if (told := predictor_of(deployment)) in predictors:
        return told
    name = deployment["metadata"]["name"]
    by_name = [predictor for predictor in predictors if name.startswith(f"{sdep}-{predictor}-")]
    return max(by_name, key=len, default="")


def _labelled(body: Body, sdep: Body) -> bool:
    metadata = body["metadata"]
    same = metadata.get("namespace") == sdep["metadata"]["namespace"]
    return same and (metadata.get("labels") or {}).get(DEPLOYMENT_ID) == fitted(sdep["metadata"]["name"])


def _owned_by(body: Body, owner: Body) -> bool:
    return any(ref["uid"] == owner["metadata"]["uid"] for ref in body["metadata"].get("ownerReferences") or ())


def _wanted(body: Body) -> int:
    return int(body["spec"].get("replicas") or 0)


def _revision(replica_set: Body) -> int:
    annotations = replica_set["metadata"].get("annotations") or {}
    return int(annotations.get("deployment.kubernetes.io/revision", 0))
