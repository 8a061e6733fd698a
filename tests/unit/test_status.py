"""What a status says of what was planned and seen."""

from __future__ import annotations

from typing import Any

from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import SeldonDeployment, parse
from sdep.api.status import Condition, Pin, Status
from sdep.contract import FetchFailure, FetchReport
from sdep.plan import Plan, Weights
from sdep.settings import OperatorSettings
from sdep.status import conditions
from sdep.status.observation import PredictorObservation, observe
from sdep.status.summary import failed, summarise

NOW, LATER = "2026-01-01T00:00:00Z", "2026-02-02T00:00:00Z"
SETTINGS = OperatorSettings(runtime_image="r")
ALL = Weights({"main": 100}, {})
URI = "models:/price@champion"


def sdep(status: dict[str, Any] | None = None, **predictor: object) -> SeldonDeployment:
    main = {"name": "main", "graph": {"name": "m", "modelUri": URI}, **predictor}
    return with_defaults(
        parse(
            {
                "apiVersion": "machinelearning.seldon.io/v1",
                "kind": "SeldonDeployment",
                "metadata": {"name": "prices", "namespace": "data", "generation": 3},
                "spec": {"replicas": 2, "predictors": [main]},
                "status": status,
            }
        )
    )


def plan(uri: str = URI, body: SeldonDeployment | None = None) -> Plan:
    pin = Pin(predictor="main", unit="m", uri=uri, name="price", version="4", artifact_uri="s3://m/4")
    return Plan(body or sdep(), {("main", "m"): pin}, ALL, SETTINGS)


def deployment(**status: int) -> dict[str, Any]:
    return {
        "metadata": {"name": "prices-main-0-m", "generation": 1},
        "spec": {"replicas": 2},
        "status": {"observedGeneration": 1, **status},
    }


def observed(body: dict[str, Any] | None) -> tuple[PredictorObservation, ...]:
    return observe(plan(), {"prices-main-0-m": body} if body else {}, [])


RUNNING = observed(deployment(replicas=2, updatedReplicas=2, availableReplicas=2))
ROLLING = observed(deployment(replicas=3, updatedReplicas=1, availableReplicas=2))
(SERVICES, *_) = conditions.children_ready([], ())
UNRESOLVED = conditions.models_resolved({"main/m": ("RegistryUnreachable", "does not answer")})


def by_type(status: Status) -> dict[str, Condition]:
    return {condition.type: condition for condition in status.conditions}


def test_all_new_pods_available_is_available_at_a_glance() -> None:
    status = summarise(plan(), ALL, RUNNING, [], [conditions.deployments_ready(RUNNING)], NOW)
    assert (status.state, status.observed_generation, status.replicas) == ("Available", 3, 2)
    assert (status.summary.ready, status.summary.traffic, status.summary.models) == ("2/2", "main 100", "price/4")
    assert by_type(status)["Ready"].status == "True"


def test_a_rollout_leaves_what_answers_available_and_is_not_ready() -> None:
    before = summarise(plan(), ALL, RUNNING, [], [], NOW).model_dump(mode="json", by_alias=True)
    status = summarise(plan(body=sdep(before)), ALL, ROLLING, [], [conditions.deployments_ready(ROLLING)], LATER)
    assert status.state == "Available"
    assert by_type(status)["Ready"].reason == "Progressing"


def test_a_report_about_an_older_template_is_not_believed() -> None:
    stale = {**deployment(replicas=2, updatedReplicas=2, availableReplicas=2)}
    stale["metadata"] = {**stale["metadata"], "generation": 2}
    assert not observed(stale)[0].rolled_out


def test_a_registry_that_is_down_leaves_ready_what_is_served() -> None:
    status = summarise(plan(), ALL, RUNNING, [], [UNRESOLVED], NOW)
    assert by_type(status)["ModelsResolved"].reason == "RegistryUnreachable"
    assert by_type(status)["Ready"].status == "True"


def test_a_manifest_that_asks_for_another_model_is_not_ready_while_the_old_one_is_served() -> None:
    status = summarise(plan(uri="models:/price@before"), ALL, RUNNING, [], [UNRESOLVED], NOW)
    assert by_type(status)["Ready"].reason == "RegistryUnreachable"


def test_a_condition_keeps_the_time_at_which_it_took_its_status() -> None:
    before = summarise(plan(), ALL, RUNNING, [], [SERVICES], NOW).model_dump(mode="json", by_alias=True)
    status = summarise(plan(body=sdep(before)), ALL, RUNNING, [], [SERVICES, UNRESOLVED], LATER)
    assert by_type(status)["ServicesReady"].last_transition_time == NOW
    assert by_type(status)["ModelsResolved"].last_transition_time == LATER


def test_a_refused_manifest_keeps_what_the_status_said_of_models_and_traffic() -> None:
    before = summarise(plan(), ALL, RUNNING, [], [], NOW).model_dump(mode="json", by_alias=True)
    cause = conditions.models_resolved({"main/m": ("ModelNotFound", "no such model")})
    status = failed(sdep(before), [cause], LATER)
    assert (status.state, status.description) == ("Failed", "main/m: no such model")
    assert [pin.version for pin in status.models] == ["4"]
    assert by_type(status)["Stalled"].reason == "ModelNotFound"


def test_a_model_that_differs_from_the_image_is_said_and_ready() -> None:
    """It is served all the same: a condition with the difference, and no reason not to be ready."""
    said = FetchReport(reason="EnvironmentDiffers", message="the model asks for scikit-learn==1.2").model_dump_json()
    owner = [{"kind": "ReplicaSet", "name": "prices-main-0-m-77"}]
    pod = {
        "metadata": {"name": "p", "labels": {"pod-template-hash": "77"}, "ownerReferences": owner},
        "status": {"initContainerStatuses": [{"name": "i", "state": {"terminated": {"exitCode": 0, "message": said}}}]},
    }
    body = deployment(replicas=2, updatedReplicas=2, availableReplicas=2)
    seen = observe(plan(), {"prices-main-0-m": body}, [pod])
    found = conditions.environments_ready(seen)

    status = summarise(plan(), ALL, seen, [], [conditions.deployments_ready(seen), *found], NOW)
    assert by_type(status)["EnvironmentsReady"].reason == "EnvironmentDiffers"
    assert "scikit-learn==1.2" in by_type(status)["EnvironmentsReady"].message
    assert by_type(status)["Ready"].status == "True"
    assert conditions.environments_ready(RUNNING) == []


def explainer_pod(message: str) -> dict[str, Any]:
    """Its init container ended with this, and is tried again later."""
    name = "prices-main-explainer"
    ended = {"terminated": {"exitCode": 1, "message": message}}
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}
    container = {"name": "m-model-initializer", "ready": False, "state": waiting, "lastState": ended}
    owner = [{"kind": "ReplicaSet", "name": f"{name}-77"}]
    return {
        "metadata": {"name": f"{name}-77-x", "labels": {"pod-template-hash": "77"}, "ownerReferences": owner},
        "status": {"initContainerStatuses": [container]},
    }


def test_an_explainer_that_lacks_its_data_harms_no_prediction() -> None:
    """It has a condition of its own with what to log; state, DeploymentsReady and the predictor's own numbers are as without it."""
    explained = plan(body=sdep(explainer={"type": "AnchorTabular"}))
    running = deployment(replicas=2, updatedReplicas=2, availableReplicas=2)
    failure = FetchFailure(reason="ReferenceNotFound", message="no reference data: log a table").model_dump_json()
    lacking = {"metadata": {"name": "prices-main-explainer", "generation": 1}, "spec": {}, "status": {"replicas": 1}}
    children = {"prices-main-0-m": running, "prices-main-explainer": lacking}
    seen = observe(explained, children, [explainer_pod(failure)])
    said = [conditions.deployments_ready(seen), *conditions.explainers_ready(seen)]

    status = summarise(explained, ALL, seen, [], said, NOW)
    assert (status.state, status.summary.ready, status.replicas) == ("Available", "2/2", 2)
    assert seen[0].rolled_out
    assert seen[0].trouble is None
    assert by_type(status)["DeploymentsReady"].status == "True"
    of_explainer = by_type(status)["ExplainersReady"]
    assert (of_explainer.status, of_explainer.reason) == ("False", "ReferenceNotFound")
    assert of_explainer.message == "the explainer of predictor main: no reference data: log a table"
    assert by_type(status)["Ready"].reason == "ReferenceNotFound"
    assert status.deployment_status["prices-main-explainer"].replicas == 1


def test_explainers_are_spoken_of_where_there_are_some() -> None:
    """Ready once all their pods are there; without an explainer there is no such condition."""
    running = deployment(replicas=2, updatedReplicas=2, availableReplicas=2)
    one = {"metadata": {"name": "e", "generation": 1}, "spec": {}}
    ready = {**one, "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}}
    explained = plan(body=sdep(explainer={"type": "ALE"}))
    seen = observe(explained, {"prices-main-0-m": running, "prices-main-explainer": ready}, [])
    (found,) = conditions.explainers_ready(seen)
    assert (found.type, found.status) == ("ExplainersReady", "True")
    assert conditions.explainers_ready(RUNNING) == []
