"""Why a SeldonDeployment is not ready: from its condition down to the container that says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from sdep.api.base import KubeModel
from sdep.diagnosis.advice import advice, patience, rollout_advice
from sdep.diagnosis.brief import brief
from sdep.diagnosis.gathered import Body, Gathered
from sdep.diagnosis.last_words import Run, ended_runs
from sdep.diagnosis.link import Link
from sdep.diagnosis.rollout import ROLLOUT_COMPLETE, RolloutView, rollout_view
from sdep.diagnosis.rollout_causes import rollout_links
from sdep.render.labels import EXPLAINER
from sdep.status.pods import trouble

_OPERATOR = (
    "See that the operator runs and watches this namespace: kubectl get pods -A -l app=seldon-controller-manager."
)
_EXPLAINERS = "ExplainersReady"
_OF_PODS = {"DeploymentsReady", "TrafficAsRequested", _EXPLAINERS}
"""Conditions of which pods tell more."""
_TELLING_EVENTS = ("FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox", "Unhealthy", "Evicted", "Failed")


class Explanation(KubeModel):
    """`chain` runs from the SeldonDeployment to the cause, and is empty where all is well; `serves` says what a ready one serves.

    What is ready has a chain where its rollout is paused or was turned back.
    """

    namespace: str
    name: str
    ready: bool
    chain: list[Link] = Field(default_factory=list)
    advice: str = ""
    serves: list[str] = Field(default_factory=list)


@dataclass(frozen=True)
class Suspect:
    """The pod to ask for its events, and its container to ask for its logs; those of its runs that ended, the newest first."""

    pod: str
    container: str = ""
    ended: tuple[Run, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What the suspect said: the last lines of its log, and its events, newest last."""

    log: Sequence[str] = ()
    events: Sequence[Body] = ()


def explain(gathered: Gathered, evidence: Evidence) -> Explanation:
    """The chain, ended by one sentence of what to do; where it is ready, what it serves."""
    rollout = rollout_view(gathered.status)
    ready = gathered.seen and gathered.condition("Ready").get("status") == "True"
    chain = list(_stopped(gathered, rollout) if ready else _chain(gathered, rollout, evidence))
    return Explanation(
        namespace=gathered.namespace,
        name=gathered.name,
        ready=ready,
        chain=chain,
        advice=_advice(gathered, rollout, chain) if chain else "",
        serves=list(_serves(gathered)) if ready else [],
    )


def suspect(gathered: Gathered) -> Suspect | None:
    """The pod at the end of the chain, or None where the chain ends before pods."""
    cause = _cause(gathered)
    if not gathered.seen or cause.get("type") not in _OF_PODS:
        return None
    deployment = _behind(gathered, cause)
    pod = _worst_pod(gathered, deployment) if deployment else None
    if pod is None:
        return None
    container = _culprit(pod)
    if container is None:
        return Suspect(pod["metadata"]["name"])
    return Suspect(pod["metadata"]["name"], str(container["name"]), ended_runs(container))


def _stopped(gathered: Gathered, rollout: RolloutView | None) -> Iterator[Link]:
    """Of what is ready: nothing, unless its rollout goes no further."""
    if rollout is None or not rollout.stopped:
        return
    yield Link(kind="SeldonDeployment", name=gathered.name, says="is Ready, and its rollout is not complete")
    if complete := gathered.condition(ROLLOUT_COMPLETE):
        yield _said_by(complete)
    yield from rollout_links(rollout)


def _said_by(condition: Body) -> Link:
    return Link(
        kind="condition",
        name=str(condition.get("type", "Ready")),
        says=condition.get("message") or "is False",
        reason=condition.get("reason", ""),
    )


def _chain(gathered: Gathered, rollout: RolloutView | None, evidence: Evidence) -> Iterator[Link]:
    if not gathered.seen:
        looked = int(gathered.status.get("observedGeneration", 0)) > 0
        said = "changed since the operator looked at it" if looked else "has not been looked at by an operator"
        yield Link(kind="SeldonDeployment", name=gathered.name, says=said, reason="NotSeen")
        return
    cause = _cause(gathered) or gathered.condition("Ready")
    says = f"is {gathered.status.get('state', 'Unknown')} and not Ready"
    yield Link(kind="SeldonDeployment", name=gathered.name, says=says)
    yield _said_by(cause)
    if cause.get("type") == ROLLOUT_COMPLETE and rollout:
        yield from rollout_links(rollout)
    if cause.get("type") in _OF_PODS and (deployment := _behind(gathered, cause)):
        yield from _workload(gathered, deployment, evidence)


def _cause(gathered: Gathered) -> Body:
    """The condition from which Ready took its reason; of several that say the same, the first of the reconcile."""
    ready = gathered.condition("Ready")
    for found in gathered.status.get("conditions") or ():
        same = (found["reason"], found.get("message")) == (ready.get("reason"), ready.get("message"))
        if found["type"] != "Ready" and found["status"] == "False" and same:
            return dict(found)
    return {}


def _behind(gathered: Gathered, cause: Body) -> Body | None:
    """The Deployment that lacks pods; one with a trouble of its own before one that is on its way."""
    explainers = cause.get("type") == _EXPLAINERS
    lacking = [body for body in gathered.deployments if not _complete(body) and _explains(body) is explainers]
    return min(lacking, key=lambda body: trouble(gathered.pods_of(body)) is None, default=None)


def _explains(deployment: Body) -> bool:
    return EXPLAINER in (deployment["metadata"].get("labels") or {})


def _complete(deployment: Body) -> bool:
    status, wanted = deployment.get("status") or {}, deployment["spec"].get("replicas", 1)
    counts = (status.get("replicas", 0), status.get("updatedReplicas", 0), status.get("availableReplicas", 0))
    return all(count == wanted for count in counts)


def _workload(gathered: Gathered, deployment: Body, evidence: Evidence) -> Iterator[Link]:
    status, wanted = deployment.get("status") or {}, deployment["spec"].get("replicas", 1)
    says = f"{status.get('availableReplicas', 0)} of {wanted} pods are available"
    given_up = _condition(deployment, "Progressing").get("reason") == "ProgressDeadlineExceeded"
    says += ", and Kubernetes has given up waiting" if given_up else ""
    yield Link(kind="Deployment", name=deployment["metadata"]["name"], says=says)
    replica_sets = gathered.replica_sets_of(deployment)
    failure = _condition(deployment, "ReplicaFailure")
    if replica_sets:
        yield _replica_set(replica_sets[0], _condition(replica_sets[0], "ReplicaFailure") or failure)
    elif failure.get("status") == "True":
        yield Link(
            kind="Deployment", name=deployment["metadata"]["name"], says=failure["message"], reason=failure["reason"]
        )
    pod = _worst_pod(gathered, deployment)
    if pod is not None:
        yield from _pod(pod, evidence)


def _replica_set(body: Body, failure: Body) -> Link:
    made, wanted = (body.get("status") or {}).get("replicas", 0), body["spec"].get("replicas", 0)
    name = body["metadata"]["name"]
    if failure.get("status") == "True":
        return Link(kind="ReplicaSet", name=name, says=failure.get("message", ""), reason=failure.get("reason", ""))
    return Link(kind="ReplicaSet", name=name, says=f"{made} of {wanted} pods exist")


def _pod(pod: Body, evidence: Evidence) -> Iterator[Link]:
    found, container = trouble([pod]), _culprit(pod)
    name = pod["metadata"]["name"]
    told = _telling(evidence.events) if found is None else None
    if container is None or (found and found.reason == "Unschedulable"):
        yield Link(
            kind="Pod",
            name=name,
            says=brief(found.message) if found else _phase(pod),
            reason=found.reason if found else "",
        )
        if told:
            yield _event(told)
        return
    yield Link(kind="Pod", name=name, says=_phase(pod))
    yield _container(container, found.reason if found else "", found.message if found else "", evidence)
    if told:
        yield _event(told)


def _container(container: Body, reason: str, message: str, evidence: Evidence) -> Link:
    restarts = int(container.get("restartCount", 0))
    often = f" ({restarts} restart{'' if restarts == 1 else 's'})" if restarts else ""
    return Link(
        kind="container",
        name=container["name"],
        says=(brief(message) or "runs, and is not ready") + often,
        reason=reason,
        log=list(evidence.log),
    )


def _event(event: Body) -> Link:
    return Link(
        kind="event", name=event.get("reason", ""), says=event.get("message", ""), reason=event.get("reason", "")
    )


def _telling(events: Sequence[Body]) -> Body | None:
    """The newest warning that says more than the pod's status does."""
    return next(
        (
            event
            for event in reversed(events)
            if event.get("type") == "Warning" and event.get("reason") in _TELLING_EVENTS
        ),
        None,
    )


def _worst_pod(gathered: Gathered, deployment: Body) -> Body | None:
    """Of the newest template: one with a trouble before one that is on its way."""
    newest = gathered.replica_sets_of(deployment)[:1]
    pods = [pod for owner in newest for pod in gathered.pods_of_replica_set(owner) if not _is_ready(pod)]
    return min(pods, key=lambda pod: trouble([pod]) is None, default=None)


def _culprit(pod: Body) -> Mapping[str, Any] | None:
    """The first container that is not as it should be, init containers first."""
    status = pod.get("status") or {}
    for container in status.get("initContainerStatuses") or ():
        if not container.get("ready"):
            return dict(container)
    return next((dict(found) for found in status.get("containerStatuses") or () if not found.get("ready")), None)


def _is_ready(pod: Body) -> bool:
    return _condition(pod, "Ready").get("status") == "True"


def _phase(pod: Body) -> str:
    return f"is {str((pod.get('status') or {}).get('phase', 'Unknown')).lower()}, and not ready"


def _condition(body: Body, kind: str) -> Body:
    return next((found for found in (body.get("status") or {}).get("conditions") or () if found["type"] == kind), {})


def _advice(gathered: Gathered, rollout: RolloutView | None, chain: Sequence[Link]) -> str:
    if rollout and any(link.kind == "rollout" for link in chain):
        return rollout_advice(gathered.name, rollout.phase, rollout.reason)
    last = next((link for link in reversed(chain) if link.reason), chain[-1])
    if last.reason == "NotSeen":
        return _OPERATOR
    if last.reason in {"", "Progressing", "PredictorNotReady"}:
        return patience(gathered.name)
    return advice(last.reason, last.kind)


def _serves(gathered: Gathered) -> Iterator[str]:
    """One line a predictor: its weight and its models."""
    models = gathered.status.get("models") or ()
    for predictor in gathered.status.get("predictors") or ():
        mine = [pin for pin in models if pin["predictor"] == predictor["name"]]
        names = [f"{pin['name']}/{pin['version']}" if pin.get("version") else pin["uri"] for pin in mine]
        share = f"{predictor['traffic']}% {'of the requests, copied' if predictor.get('shadow') else 'of the traffic'}"
        pods = f"{predictor.get('readyReplicas', 0)} of {predictor.get('replicas', 0)} pods ready"
        yield f"{predictor['name']}: {', '.join(names) or 'no model'}; {share}; {pods}"
