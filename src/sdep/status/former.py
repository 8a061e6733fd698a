"""Predictors that were given another Service: the former one, while it is the one that answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sdep.plan import Plan
from sdep.render import labels, names
from sdep.status.observation import PredictorObservation, deployment_of
from sdep.status.pods import is_ready

Body = Mapping[str, Any]


def former_services(
    plan: Plan,
    observed: Sequence[PredictorObservation],
    deployments: Mapping[str, Body],
    services: Mapping[str, Body],
    pods: Iterable[Body],
) -> dict[str, str]:
    """By predictor. `deployments` and `services` are those of this SeldonDeployment, by name.

    A Deployment's selector names the Service and never changes, so another Deployment follows. Its pods are the first that the
    new Service finds: until all of them are there the pods that the former Deployment left answer, and they are found by the former.
    """
    own = {predictor.name: names.predictor_service(plan, predictor) for predictor in plan.sdep.spec.predictors}
    waiting = {
        seen.entry.name: seen.name
        for seen in observed
        if not (seen.entry.rolled_out and _selected(deployments[seen.entry.name]) == own[seen.name])
    }
    taken = {*own.values()}
    return {
        waiting[deployment]: service
        for deployment, service in _answering(pods)
        if deployment in waiting and service in services and service not in taken
    }


def _selected(deployment: Body) -> str:
    """The Service that finds its pods."""
    return labels.app(deployment["spec"]["template"]["metadata"])


def _answering(pods: Iterable[Body]) -> Iterator[tuple[str, str]]:
    """Of each pod that can answer: the name of its Deployment, and of the Service that finds it."""
    for pod in pods:
        if is_ready(pod):
            yield deployment_of(pod), labels.app(pod["metadata"])
