"""What deployment tools make of a SeldonDeployment: kstatus (Flux, kpt), and Argo CD with the health script that is shipped."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from demo.kubectl import Target
from demo.operator import CHART
from demo.patterns import Pattern
from tests.node import sdep
from tests.node.sdep import NAMESPACE

SCRIPT = CHART.parent / "argocd" / "health.lua"
Body = dict[str, Any]


def _judged(target: Target, body: Body) -> tuple[str, str]:
    """What kstatus says, and what Argo CD."""
    said = (target.run("health", *judge, stdin=json.dumps(body)) for judge in (("kstatus",), ("argocd", str(SCRIPT))))
    kstatus, argocd = (json.loads(answer)["status"] for answer in said)
    return kstatus, argocd


@pytest.fixture(scope="module")
def ready(target: Target, served: dict[str, Pattern]) -> Body:
    return target.get("sdep", served["simple"].name, "-n", NAMESPACE)


def test_a_ready_one_is_current_and_healthy(target: Target, ready: Body) -> None:
    assert _judged(target, ready) == ("Current", "Healthy")


def test_a_changed_manifest_that_was_not_looked_at_yet_is_under_way(target: Target, ready: Body) -> None:
    changed = copy.deepcopy(ready)
    changed["metadata"]["generation"] += 1
    assert _judged(target, changed) == ("InProgress", "Progressing")


def test_one_that_is_being_deleted_is_under_way(target: Target, ready: Body) -> None:
    deleted = copy.deepcopy(ready)
    deleted["metadata"]["deletionTimestamp"] = "2030-01-01T00:00:00Z"
    assert _judged(target, deleted) == ("Terminating", "Progressing")


def test_one_whose_pods_are_on_their_way_is_under_way(target: Target, scratch: list[str]) -> None:
    scratch.append("on-its-way")
    graph = sdep.unit("models:/commodity_price_predictor/1")
    named = {"name": "model", "implementation": "MLFLOW_SERVER"}
    never = {"spec": {"nodeSelector": {"no": "such-node"}, "containers": [{"name": "model"}]}}
    predictor = {"name": "default", "graph": {**graph, **named}, "componentSpecs": [never]}
    sdep.apply(target, sdep.manifest("on-its-way", predictor))
    sdep.wait_for(target, "on-its-way", "DeploymentsReady", "Unschedulable")
    assert _judged(target, target.get("sdep", "on-its-way", "-n", NAMESPACE)) == ("InProgress", "Progressing")


def test_one_that_cannot_be_acted_on_has_failed_and_is_degraded(target: Target, scratch: list[str]) -> None:
    scratch.append("unresolvable")
    sdep.apply(
        target, sdep.manifest("unresolvable", {"name": "default", "graph": sdep.unit("models:/no_such_model/1")})
    )
    sdep.wait_for(target, "unresolvable", "ModelsResolved", "ModelNotFound")
    assert _judged(target, target.get("sdep", "unresolvable", "-n", NAMESPACE)) == ("Failed", "Degraded")


def test_one_that_the_operator_has_not_seen_is_under_way(target: Target) -> None:
    """As the API server stores it before any operator is told of it: one whose label says that it is nobody's."""
    body = sdep.manifest("unseen", {"name": "default", "graph": sdep.unit("models:/commodity_price_predictor/1")})
    body["metadata"]["labels"] = {"seldon.io/controller-id": "nobody"}
    sdep.apply(target, body)
    try:
        assert _judged(target, target.get("sdep", "unseen", "-n", NAMESPACE)) == ("InProgress", "Progressing")
    finally:
        target.kubectl("delete", "sdep", "unseen", "-n", NAMESPACE)
