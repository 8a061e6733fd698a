"""What is in the cluster for one SeldonDeployment, reduced to what decisions and status need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sdep.contract import FetchReport
from sdep.plan import Plan
from sdep.render import explainer, labels, names
from sdep.render.deployment import replicas
from sdep.render.variables import predictor_of
from sdep.status.pods import Trouble, reports, trouble

Body = Mapping[str, Any]


@dataclass(frozen=True)
class DeploymentObservation:
    """One Deployment as the cluster reports it. `rolled_out`: every pod asked for is there, new and available."""

    name: str
    wanted: int
    replicas: int = 0
    available: int = 0
    exists: bool = False
    rolled_out: bool = False
    given_up: bool = False
    trouble: Trouble | None = None
    reports: Mapping[str, FetchReport] = field(default_factory=dict)
    """What was said of models that were fetched, by the init container."""


@dataclass(frozen=True)
class PredictorObservation:
    """All Deployments of a predictor; the first is the one that its Service selects. The predictor does not depend on its explainer."""

    name: str
    deployments: tuple[DeploymentObservation, ...]
    explainer: DeploymentObservation | None = None
    stood_in: bool = False
    """Whether pods of a Deployment that is no longer wanted still answer for this predictor."""

    @property
    def with_explainer(self) -> tuple[DeploymentObservation, ...]:
        return (*self.deployments, *([self.explainer] if self.explainer else ()))

    @property
    def entry(self) -> DeploymentObservation:
        return self.deployments[0]

    @property
    def answers(self) -> bool:
        """The engine is ready only while every unit that it calls is."""
        return self.stood_in or self.entry.available > 0

    @property
    def rolled_out(self) -> bool:
        return all(seen.rolled_out for seen in self.deployments)

    @property
    def given_up(self) -> bool:
        return any(seen.given_up for seen in self.deployments)

    @property
    def trouble(self) -> Trouble | None:
        return next((seen.trouble for seen in self.deployments if seen.trouble), None)

    @property
    def reports(self) -> list[FetchReport]:
        return [report for seen in self.deployments for _, report in sorted(seen.reports.items())]

    @property
    def available(self) -> int:
        return self.entry.available

    @property
    def wanted(self) -> int:
        return self.entry.wanted


def observe(plan: Plan, deployments: Mapping[str, Body], pods: Iterable[Body]) -> tuple[PredictorObservation, ...]:
    """One observation a predictor, in manifest order. `deployments` are by name; `pods` may hold those of other predictors."""
    by_deployment: dict[str, list[Body]] = {}
    for pod in pods:
        by_deployment.setdefault(deployment_of(pod), []).append(pod)

    def seen(name: str, asked: int | None) -> DeploymentObservation:
        return _observe(name, asked, deployments.get(name), by_deployment.get(name, ()))

    found = [
        PredictorObservation(
            predictor.name,
            tuple(
                seen(names.deployment(plan, predictor, pod), replicas(plan, predictor, pod))
                for pod in plan.layouts[predictor.name].pods
            ),
            seen(names.explainer(plan, predictor), explainer.replicas(plan, predictor))
            if plan.explained(predictor)
            else None,
        )
        for predictor in plan.sdep.spec.predictors
    ]
    named = {deployment.name for one in found for deployment in one.with_explainer}
    standing_in = {predictor_of(body) for name, body in deployments.items() if name not in named and _is_entry(body)}
    return tuple(replace(one, stood_in=one.name in standing_in) for one in found)


def _is_entry(deployment: Body) -> bool:
    """Whether requests reach its pods, and one of them can answer."""
    carried = deployment["spec"]["template"]["metadata"].get("labels") or {}
    return labels.APP in carried and (deployment.get("status") or {}).get("availableReplicas", 0) > 0


def deployment_of(pod: Body) -> str:
    """The name of the Deployment that made a pod: its ReplicaSet's without the hash that the Deployment put there."""
    metadata = pod["metadata"]
    hashed = (metadata.get("labels") or {}).get("pod-template-hash", "")
    owners = [owner["name"] for owner in metadata.get("ownerReferences") or () if owner.get("kind") == "ReplicaSet"]
    return owners[0].removesuffix(f"-{hashed}") if owners else ""


def _observe(name: str, asked: int | None, deployment: Body | None, pods: Iterable[Body]) -> DeploymentObservation:
    if deployment is None:
        return DeploymentObservation(name, 1 if asked is None else asked)
    # Where nobody asked for a number, it is whoever scales the Deployment that says it.
    wanted = (deployment.get("spec") or {}).get("replicas", 1) if asked is None else asked
    status = deployment.get("status") or {}
    current = status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
    available, total = status.get("availableReplicas", 0), status.get("replicas", 0)
    rolled_out = current and status.get("updatedReplicas", 0) == total == available == wanted
    conditions = {condition["type"]: condition for condition in status.get("conditions") or ()}
    newest = _newest_first(pods)
    given_up = conditions.get("Progressing", {}).get("reason") == "ProgressDeadlineExceeded"
    return DeploymentObservation(
        name,
        wanted,
        replicas=total,
        available=available,
        exists=True,
        rolled_out=rolled_out,
        given_up=current and given_up,
        trouble=None if rolled_out else trouble(newest),
        reports=reports(newest),
    )


def _newest_first(pods: Iterable[Body]) -> list[Body]:
    """What keeps the pods that are asked for now comes before what kept those that they shall replace."""
    return sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")), reverse=True)
