"""What is in the cluster for one SeldonDeployment, reduced to what decisions and status need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sdep.plan import Plan
from sdep.render import labels, names
from sdep.render.deployment import replicas
from sdep.status.pods import Trouble, trouble

Body = Mapping[str, Any]


@dataclass(frozen=True)
class PredictorObservation:
    """One predictor's Deployment as the cluster reports it.

    `current` says that the report is of the newest template; `rolled_out` that every pod asked for is new and available.
    """

    name: str
    deployment: str
    wanted: int
    replicas: int = 0
    available: int = 0
    exists: bool = False
    rolled_out: bool = False
    given_up: bool = False
    trouble: Trouble | None = None

    @property
    def answers(self) -> bool:
        return self.available > 0


def observe(plan: Plan, deployments: Mapping[str, Body], pods: Iterable[Body]) -> tuple[PredictorObservation, ...]:
    """One observation a predictor, in manifest order. `deployments` are by name; `pods` may hold those of other predictors."""
    by_app: dict[str, list[Body]] = {}
    for pod in pods:
        app = (pod["metadata"].get("labels") or {}).get(labels.APP, "")
        by_app.setdefault(app, []).append(pod)
    observed = []
    for predictor in plan.sdep.spec.predictors:
        name = names.deployment(plan, predictor)
        mine = by_app.get(names.predictor_service(plan, predictor), ())
        observed.append(_observe(predictor.name, name, replicas(plan, predictor), deployments.get(name), mine))
    return tuple(observed)


def _observe(
    predictor: str, name: str, wanted: int, deployment: Body | None, pods: Iterable[Body]
) -> PredictorObservation:
    if deployment is None:
        return PredictorObservation(predictor, name, wanted)
    status = deployment.get("status") or {}
    current = status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
    available, total = status.get("availableReplicas", 0), status.get("replicas", 0)
    rolled_out = current and status.get("updatedReplicas", 0) == total == available == wanted
    conditions = {condition["type"]: condition for condition in status.get("conditions") or ()}
    given_up = conditions.get("Progressing", {}).get("reason") == "ProgressDeadlineExceeded"
    return PredictorObservation(
        predictor,
        name,
        wanted,
        replicas=total,
        available=available,
        exists=True,
        rolled_out=rolled_out,
        given_up=current and given_up,
        trouble=None if rolled_out else trouble(pods),
    )
