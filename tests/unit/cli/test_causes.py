"""Why it is not ready: the chain from the condition down, and what to do."""

from __future__ import annotations

import pytest

from sdep.contract import FetchFailure
from sdep.diagnosis.causes import Evidence, Explanation, Suspect, explain, suspect
from sdep.diagnosis.gathered import Gathered
from sdep.diagnosis.last_words import Run
from tests.unit.cli.cluster_objects import (
    Body,
    condition,
    container,
    deployment,
    gathered,
    not_ready,
    pod,
    replica_set,
    sdep,
    with_pod,
)
from tests.unit.cli.rollouts import decided, finding, rollout


def explained(found: Gathered, evidence: Evidence | None = None) -> Explanation:
    return explain(found, evidence or Evidence())


def test_the_chain_of_an_image_that_cannot_be_pulled_ends_at_its_container() -> None:
    waiting = {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}
    found = with_pod("ImagePullBackOff", initContainerStatuses=[container("fetch", waiting=waiting)])
    said = explained(found)
    assert [link.kind for link in said.chain] == [
        "SeldonDeployment",
        "condition",
        "Deployment",
        "ReplicaSet",
        "Pod",
        "container",
    ]
    assert (said.chain[-1].name, said.chain[-1].reason, said.chain[-1].says) == (
        "fetch",
        "ImagePullBackOff",
        "Back-off pulling image",
    )
    assert said.advice.startswith("Correct the image's name")


def test_the_chain_of_an_explainer_ends_at_its_own_pod() -> None:
    """Not at a pod of the predictor, although that too is on its way; the advice says what to log."""
    body = sdep(*not_ready("ExplainersReady", "ReferenceNotFound", "log a table"))
    predictor, explainer = deployment("prices-main-0-m"), deployment("prices-main-explainer")
    explainer["metadata"]["labels"] = {**explainer["metadata"].get("labels", {}), "seldon.io/explainer": "true"}
    failure = FetchFailure(reason="ReferenceNotFound", message="log a table").model_dump_json()
    ended = container("m-model-initializer", terminated={"exitCode": 1, "message": failure})
    sets = [replica_set(predictor), replica_set(explainer)]
    pods = [pod(sets[0]), pod(sets[1], initContainerStatuses=[ended])]
    said = explained(gathered(body, predictor, explainer, *sets, *pods))
    assert [link.name for link in said.chain[2:4]] == ["prices-main-explainer", "prices-main-explainer-5d4"]
    assert (said.chain[-1].name, said.chain[-1].reason) == ("m-model-initializer", "ReferenceNotFound")
    assert said.advice.startswith("Log the training data as the message says")


def test_the_chain_of_a_container_that_crashes_ends_with_its_log() -> None:
    crashed = container("engine", restarts=3, waiting={"reason": "CrashLoopBackOff", "message": "back-off"})
    crashed["lastState"] = {"terminated": {"exitCode": 1, "startedAt": "then", "finishedAt": "later"}}
    found = with_pod("CrashLoopBackOff", containerStatuses=[crashed])
    assert suspect(found) == Suspect("prices-main-0-m-5d4-x2z", "engine", (Run("then", "later"),))
    said = explained(found, Evidence(log=["ValueError: no model"]))
    assert said.chain[-1].log == ["ValueError: no model"]
    assert said.chain[-1].reason == "ContainerFailed"
    assert said.chain[-1].says.endswith("(3 restarts)")


def test_a_pod_that_finds_no_node_ends_the_chain() -> None:
    unscheduled = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}
    found = with_pod("Unschedulable", conditions=[unscheduled])
    last = explained(found).chain[-1]
    assert (last.kind, last.reason, last.says) == ("Pod", "Unschedulable", "finds no node: 0/1 nodes are available")


def test_a_quota_that_refuses_the_pod_is_said_by_the_replica_set() -> None:
    refused = condition("ReplicaFailure", "FailedCreate", "exceeded quota: small", status="True")
    top = deployment("prices-main-0-m", conditions=(refused,))
    body = sdep(*not_ready("DeploymentsReady", "Progressing", "waiting for pods"))
    said = explained(gathered(body, top, replica_set(top, made=0, conditions=(refused,))))
    last = said.chain[-1]
    assert (last.kind, last.reason, last.says) == ("ReplicaSet", "FailedCreate", "exceeded quota: small")
    assert said.advice.startswith("Raise the quota")


def test_an_event_tells_what_the_status_of_a_pod_does_not() -> None:
    creating = container("engine", waiting={"reason": "ContainerCreating"})
    found = with_pod("Progressing", containerStatuses=[creating])
    event = {"type": "Warning", "reason": "FailedMount", "message": 'secret "tls" not found'}
    said = explained(found, Evidence(events=[event]))
    assert (said.chain[-1].kind, said.chain[-1].says) == ("event", 'secret "tls" not found')
    assert "the volume, Secret or ConfigMap" in said.advice


@pytest.mark.parametrize(
    ("kind", "reason", "advised"),
    [
        ("SpecValid", "InvalidManifest", "`sdep lint` gives its line"),
        ("ModelsResolved", "ModelNotFound", "Register the model"),
        ("ModelsResolved", "RegistryUnreachable", "See that the MLflow server runs"),
        ("ChildrenApplied", "NameTaken", "Rename or delete"),
    ],
)
def test_a_cause_above_the_pods_ends_the_chain_with_its_condition(kind: str, reason: str, advised: str) -> None:
    said = explained(gathered(sdep(*not_ready(kind, reason, "because"))))
    assert [(link.kind, link.name) for link in said.chain] == [("SeldonDeployment", "prices"), ("condition", kind)]
    assert advised in said.advice


def test_pods_that_are_on_their_way_need_nothing_but_time() -> None:
    running = container("engine", running={})
    found = with_pod("Progressing", containerStatuses=[running], phase="Running")
    assert explained(found).advice == "Nothing is wrong yet: wait, or follow it with `sdep status prices -w`."


@pytest.mark.parametrize("status", [{}, {"observedGeneration": 1, "state": "Available"}])
def test_what_no_operator_has_looked_at_leads_to_the_operator(status: Body) -> None:
    body = {**sdep(), "status": status}
    said = explained(gathered(body))
    assert said.chain[-1].reason == "NotSeen"
    assert "operator" in said.advice


def test_what_is_ready_has_no_chain_and_says_what_it_serves() -> None:
    model = {"predictor": "main", "unit": "m", "uri": "models:/price@champion", "name": "price", "version": "3"}
    predictor = {"name": "main", "traffic": 100, "replicas": 2, "readyReplicas": 2}
    body = sdep(condition("Ready", "Ready", status="True"), predictors=[predictor], models=[model])
    said = explained(gathered(body))
    assert said.ready
    assert said.chain == []
    assert said.serves == ["main: price/3; 100% of the traffic; 2 of 2 pods ready"]


def with_rollout(told: Body, *, ready: bool) -> Gathered:
    """A SeldonDeployment with a rollout that is not complete, which makes it not Ready or does not."""
    said = not_ready("RolloutComplete", told["reason"], told["message"])
    conditions = (condition("Ready", "Ready", status="True"), said[1]) if ready else said
    return gathered(sdep(*conditions, rollout=told, predictors=[{"name": "main", "traffic": 100}]))


FAILED = rollout(
    "RolledBack",
    "AnalysisFailed",
    "twice as slow",
    findings=[finding("errors", "Pass", "fine"), finding("latency", "Fail", "twice as slow")],
    history=[decided("rolled back (AnalysisFailed)", "twice as slow")],
)


@pytest.mark.parametrize("ready", [True, False])
def test_the_chain_of_a_canary_that_was_turned_back_ends_at_the_finding(*, ready: bool) -> None:
    said = explained(with_rollout(FAILED, ready=ready))
    assert [link.kind for link in said.chain] == ["SeldonDeployment", "condition", "rollout", "finding"]
    assert said.chain[2].says == "was turned back at step 2 of 3"
    assert (said.chain[-1].name, said.chain[-1].reason, said.chain[-1].says) == ("latency", "Fail", "twice as slow")
    assert "`sdep retry prices`" in said.advice
    assert said.ready == ready
    assert bool(said.serves) == ready


def test_a_rollout_that_waits_for_evidence_names_the_measure_that_is_not_clear() -> None:
    unclear = finding("latency", "Inconclusive", "too few requests to tell")
    told = rollout("Paused", "Inconclusive", "too few requests to tell", findings=[finding("errors", "Pass"), unclear])
    said = explained(with_rollout(told, ready=True))
    assert said.chain[2].says == "is paused at step 2 of 3, weight 25%"
    assert [link.name for link in said.chain[3:]] == ["latency"]
    assert "`sdep promote prices`" in said.advice
    assert "`sdep abort prices`" in said.advice


def test_a_rollout_that_waits_for_approval_ends_its_own_chain() -> None:
    unclear = [finding("latency", "Inconclusive", "unclear")]
    said = explained(with_rollout(rollout("Paused", "AwaitingApproval", "waits", findings=unclear), ready=True))
    assert (said.chain[-1].kind, said.chain[-1].reason) == ("rollout", "AwaitingApproval")
    assert "`sdep promote prices`" in said.advice


def test_what_a_person_did_to_a_rollout_is_told_with_their_name() -> None:
    paused = rollout("Paused", "Paused", "quarter end", history=[decided("paused (Paused)", "quarter end", by="ann")])
    said = explained(with_rollout(paused, ready=True))
    assert said.chain[-1].says == "is paused by ann at step 2 of 3, weight 25%: quarter end"
    assert "`sdep resume prices`" in said.advice


def test_a_rollout_that_is_on_its_way_or_done_leaves_no_chain_below_what_is_ready() -> None:
    for phase in ("Progressing", "Promoted"):
        said = explained(with_rollout(rollout(phase), ready=True))
        assert (said.chain, said.advice) == ([], "")


def test_a_rollout_that_keeps_it_from_being_ready_needs_nothing_but_time() -> None:
    said = explained(with_rollout(rollout(message="step 2 of 3"), ready=False))
    assert said.chain[-1].says == "is on its way at step 2 of 3, weight 25%"
    assert said.advice.startswith("Nothing is wrong yet")
