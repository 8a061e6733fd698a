"""Bad input and a killed operator harm nothing."""

from __future__ import annotations

import json
from typing import Any

from demo import operator, traffic
from demo.kubectl import Target, until
from demo.patterns import Pattern
from tests.node import sdep
from tests.node.sdep import NAMESPACE, unit

Patterns = dict[str, Pattern]
GRAPH = unit("models:/commodity_price_predictor/1")


def _generations(target: Target, served: Patterns) -> dict[str, Any]:
    """What would change if anything were applied anew: generation and uid of each child and each pod that stays."""
    kinds = "deployments,services,destinationrules,pods"
    names = ",".join(pattern.name for pattern in served.values())
    found = target.get(kinds, "-n", NAMESPACE, "-l", f"seldon-deployment-id in ({names})")["items"]
    return {
        f"{body['kind']}/{body['metadata']['name']}": (body["metadata"]["uid"], body["metadata"].get("generation"))
        for body in found
        if "deletionTimestamp" not in body["metadata"]
    }


def _restarts(target: Target) -> int:
    return sum(
        status["restartCount"]
        for pod in target.get("pods", "-n", NAMESPACE, "-l", "seldon-deployment-id")["items"]
        for status in pod["status"].get("containerStatuses", ())
    )


def test_a_killed_operator_converges_to_the_same_objects_without_a_restart_of_any_model_pod(
    target: Target, served: Patterns
) -> None:
    before, restarts = _generations(target, served), _restarts(target)
    operator.restart(target)
    name = served["canary"].name
    sdep.patch(target, name, "/spec/predictors/1/traffic", 20)  # proves that the new one works
    sdep.wait_for(target, name, "TrafficAsRequested", "WeightsCompleted")
    sdep.patch(target, name, "/spec/predictors/1/traffic", 10)
    sdep.wait_for(target, name, "TrafficAsRequested", "AsWritten")
    assert _generations(target, served) == before
    assert _restarts(target) == restarts


def test_a_manifest_that_breaks_a_rule_is_told_so_and_others_go_on(
    target: Target, served: Patterns, scratch: list[str]
) -> None:
    scratch.append("broken")
    sdep.store(target, sdep.manifest("broken", {"name": "default", "graph": {"name": "nobody"}}))
    found = sdep.wait_for(target, "broken", "SpecValid", "InvalidManifest")
    assert "spec.predictors[0].graph[nobody]" in found["message"]
    assert sdep.status(target, "broken")["state"] == "Failed"
    assert traffic.predict(target, NAMESPACE, served["simple"].name, [traffic.ROW])


def test_a_mended_manifest_becomes_ready(target: Target, scratch: list[str]) -> None:
    scratch.append("mended")
    sdep.store(target, sdep.manifest("mended", {"name": "default", "graph": {"name": "nobody"}}))
    sdep.wait_for(target, "mended", "SpecValid", "InvalidManifest")
    sdep.apply(target, sdep.manifest("mended", {"name": "default", "graph": GRAPH}))
    sdep.wait_ready(target, "mended")


def test_an_object_that_another_owns_is_left_alone_and_named(target: Target, scratch: list[str]) -> None:
    body = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "taken-default", "namespace": NAMESPACE},
        "spec": {"ports": [{"port": 1}]},
    }
    target.apply(json.dumps(body))
    try:
        scratch.append("taken")
        sdep.apply(target, sdep.manifest("taken", {"name": "default", "graph": GRAPH}))
        found = sdep.wait_for(target, "taken", "ChildrenApplied", "NameTaken")
        assert "Service data-platform/taken-default" in found["message"]
        assert target.get("service", "taken-default", "-n", NAMESPACE)["spec"]["ports"][0]["port"] == 1
    finally:
        target.kubectl("delete", "service", "taken-default", "-n", NAMESPACE)


def test_what_someone_changes_by_hand_is_put_back(target: Target, served: Patterns) -> None:
    name = served["simple"].name
    target.kubectl("delete", "virtualservice", name, "-n", NAMESPACE)
    until(
        lambda: name in target.kubectl("get", "virtualservices", "-n", NAMESPACE, "-o", "name"), "the route is back", 30
    )


def test_a_canary_that_cannot_start_gets_no_traffic_and_its_reason_is_told(target: Target, scratch: list[str]) -> None:
    name = "crashing"
    scratch.append(name)
    broken = {
        "name": "canary",
        "traffic": 50,
        "graph": unit("s3://mlflow/nothing-here", implementation="MLFLOW_SERVER"),
    }
    sdep.apply(target, sdep.manifest(name, {"name": "main", "traffic": 50, "graph": GRAPH}, broken))
    sdep.wait_for(target, name, "TrafficAsRequested", "PredictorNotReady")
    found = sdep.wait_for(target, name, "DeploymentsReady", "ModelNotFound")
    assert "s3://mlflow/nothing-here" in found["message"]
    until(lambda: sdep.status(target, name)["summary"]["traffic"] == "main 100, canary 0", "main gets everything")
    sdep.wait_routed(target, name)
    observed, answers = traffic.split(target, NAMESPACE, name, 100)
    assert (observed["main"], answers.failed) == (100, 0)


def test_deleting_a_seldon_deployment_takes_all_its_children(target: Target) -> None:
    name = "short-lived"
    sdep.apply(target, sdep.manifest(name, {"name": "default", "graph": GRAPH}))
    sdep.wait_ready(target, name)
    target.kubectl("delete", "sdep", name, "-n", NAMESPACE)
    kinds = "deployments,services,virtualservices,destinationrules,pods"
    selector = f"seldon-deployment-id={name}"
    until(lambda: not target.get(kinds, "-n", NAMESPACE, "-l", selector)["items"], "all children are gone", 90)


def test_a_predictor_that_is_removed_leaves_nothing_behind(target: Target, scratch: list[str]) -> None:
    name = "promoted"
    scratch.append(name)
    both = [{"name": predictor, "traffic": 50, "graph": GRAPH} for predictor in ("main", "canary")]
    sdep.apply(target, sdep.manifest(name, *both))
    sdep.wait_ready(target, name)
    (canary,) = [pod for pod in sdep.pods(target, name) if pod["metadata"]["labels"]["version"] == "canary"]
    sdep.apply(target, sdep.manifest(name, {**both[1], "traffic": 100}))
    kinds = "deployments,services,destinationrules"
    selector = f"seldon-app={name}-main"
    until(lambda: not target.get(kinds, "-n", NAMESPACE, "-l", selector)["items"], "main is gone")
    sdep.wait_ready(target, name)
    rules = target.kubectl("get", "destinationrules", "-n", NAMESPACE, "-o", "name")
    assert f"{name}-main" not in rules
    until(lambda: len(sdep.pods(target, name)) == 1, "main's pod is gone")
    assert sdep.pods(target, name)[0]["metadata"]["uid"] == canary["metadata"]["uid"], "the canary was restarted"
