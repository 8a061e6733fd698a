"""The tree of one SeldonDeployment: predictors with their weights, models, Deployments, pods, and what is not as it should be."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from sdep.api.base import KubeModel
from sdep.api.comparison import ComparisonFound
from sdep.api.experiment_status import ExperimentPlace
from sdep.api.status import Origin
from sdep.diagnosis.comparison import comparison_views
from sdep.diagnosis.experiment import EXPERIMENT_DECIDED, experiment_view
from sdep.diagnosis.gathered import Body, Gathered, deployments_by_predictor
from sdep.diagnosis.rollout import ROLLOUT_COMPLETE, RolloutView, rollout_view
from sdep.status.conditions import BAD_WHEN_TRUE
from sdep.status.pods import trouble

_SAID_WHOLE = {ROLLOUT_COMPLETE: "rollout", EXPERIMENT_DECIDED: "experiment"}
"""Conditions whose part of the status says more."""


class PodView(KubeModel):
    """`phase` is what `kubectl get pods` would say; `reason` and `message` are "" while nothing is wrong."""

    name: str
    phase: str
    ready: bool
    containers: int
    ready_containers: int
    restarts: int
    reason: str = ""
    message: str = ""
    created_at: str = ""


class DeploymentView(KubeModel):
    name: str
    wanted: int
    available: int
    reason: str = ""
    message: str = ""
    pods: list[PodView] = Field(default_factory=list)


class ModelView(KubeModel):
    """`held` is True between `sdep undo` and `sdep release`."""

    unit: str
    uri: str
    name: str = ""
    version: str = ""
    artifact_uri: str = ""
    held: bool = False
    cause: str = ""
    since: str = ""
    origin: Origin | None = None


class PredictorView(KubeModel):
    """Weights in percent; of a shadow, what is mirrored. None while no status says."""

    name: str
    shadow: bool = False
    asked: int | None = None
    routed: int | None = None
    models: list[ModelView] = Field(default_factory=list)
    deployments: list[DeploymentView] = Field(default_factory=list)


class ConditionView(KubeModel):
    type: str
    status: str
    reason: str
    message: str = ""


class View(KubeModel):
    """`conditions` are those that are not as they should be; `seen` is False until the operator looked at this manifest."""

    namespace: str
    name: str
    state: str
    ready: bool
    seen: bool
    url: str = ""
    created_at: str = ""
    predictors: list[PredictorView] = Field(default_factory=list)
    leftover: list[DeploymentView] = Field(default_factory=list)
    rollout: RolloutView | None = None
    experiment: ExperimentPlace | None = None
    comparisons: list[ComparisonFound] = Field(default_factory=list)
    conditions: list[ConditionView] = Field(default_factory=list)


def view(gathered: Gathered) -> View:
    """What there is, in manifest order. Raises InvalidError where the rollout's status is not this operator's."""
    status, metadata = gathered.status, gathered.sdep["metadata"]
    by_predictor = deployments_by_predictor(gathered)
    return View(
        namespace=gathered.namespace,
        name=gathered.name,
        state=status.get("state") or "Unknown",
        ready=gathered.seen and gathered.condition("Ready").get("status") == "True",
        seen=gathered.seen,
        url=(status.get("address") or {}).get("url", ""),
        created_at=metadata.get("creationTimestamp") or "",
        predictors=[
            _predictor(gathered, written, by_predictor[str(written["name"])]) for written in gathered.predictors
        ],
        leftover=[_deployment(gathered, deployment) for deployment in by_predictor[""]],
        rollout=rollout_view(status),
        experiment=experiment_view(status),
        comparisons=comparison_views(status),
        conditions=list(_conditions(gathered)),
    )


def _predictor(gathered: Gathered, written: Body, deployments: list[Body]) -> PredictorView:
    name = str(written["name"])
    said: Body = next((found for found in gathered.status.get("predictors") or () if found["name"] == name), {})
    return PredictorView(
        name=name,
        shadow=bool(written.get("shadow")),
        asked=said.get("requestedTraffic"),
        routed=said.get("traffic"),
        models=[_model(pin) for pin in gathered.status.get("models") or () if pin["predictor"] == name],
        deployments=[_deployment(gathered, deployment) for deployment in deployments],
    )


def _model(pin: Body) -> ModelView:
    return ModelView(
        unit=pin["unit"],
        uri=pin["uri"],
        name=pin.get("name", ""),
        version=pin.get("version", ""),
        artifact_uri=pin.get("artifactUri", ""),
        held=bool(pin.get("held")),
        cause=pin.get("cause", ""),
        since=pin.get("resolvedAt", ""),
        origin=pin.get("origin"),
    )


def _deployment(gathered: Gathered, deployment: Body) -> DeploymentView:
    status = deployment.get("status") or {}
    failure: Body = next(
        (
            found
            for found in status.get("conditions") or ()
            if found["type"] == "ReplicaFailure" and found["status"] == "True"
        ),
        {},
    )
    return DeploymentView(
        name=deployment["metadata"]["name"],
        wanted=deployment["spec"].get("replicas", 1),
        available=status.get("availableReplicas", 0),
        reason=failure.get("reason", ""),
        message=failure.get("message", ""),
        pods=[_pod(pod) for pod in gathered.pods_of(deployment)],
    )


def _pod(pod: Body) -> PodView:
    status = pod.get("status") or {}
    containers = status.get("containerStatuses") or ()
    everyone = (*(status.get("initContainerStatuses") or ()), *containers)
    found = trouble([pod])
    ready = sum(bool(container.get("ready")) for container in containers)
    total = len((pod.get("spec") or {}).get("containers") or containers)  # the operator keeps no specs of pods
    return PodView(
        name=pod["metadata"]["name"],
        phase=_phase(pod, found.reason if found else ""),
        ready=total > 0 and ready == total,
        containers=total,
        ready_containers=ready,
        restarts=sum(int(container.get("restartCount", 0)) for container in everyone),
        reason=found.reason if found else "",
        message=found.message if found else "",
        created_at=pod["metadata"].get("creationTimestamp") or "",
    )


def _phase(pod: Body, reason: str) -> str:
    if pod["metadata"].get("deletionTimestamp"):
        return "Terminating"
    status = pod.get("status") or {}
    initial = status.get("initContainerStatuses") or ()
    done = sum(bool(container.get("ready")) for container in initial)
    if initial and done < len(initial):
        return f"Init:{reason or f'{done}/{len(initial)}'}"
    return reason or str(status.get("phase", "Unknown"))


def _conditions(gathered: Gathered) -> Iterator[ConditionView]:
    """Each trouble once: `Ready` and `Stalled` say again what another condition says, the others what is told whole."""
    wrong = [
        found
        for found in gathered.status.get("conditions") or ()
        if found["status"] == "Unknown" or (found["status"] == "True") == (found["type"] in BAD_WHEN_TRUE)
    ]
    told = {(found["reason"], found.get("message", "")) for found in wrong if found["type"] not in {"Ready", "Stalled"}}
    for found in wrong:
        if found["type"] in {"Ready", "Stalled"} and (found["reason"], found.get("message", "")) in told:
            continue
        if gathered.status.get(_SAID_WHOLE.get(found["type"], "")):
            continue
        yield ConditionView(
            type=found["type"], status=found["status"], reason=found["reason"], message=found.get("message", "")
        )
