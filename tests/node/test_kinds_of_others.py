"""What we write in the kinds of KEDA, cert-manager and the Prometheus operator, judged by the types that these publish."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo.kubectl import CommandError, Target, until
from demo.operator import CHART
from tests.node.own_operator import Place
from tests.node.published import types_of_others

KINDS = {"Issuer": 1, "Certificate": 1, "PodMonitor": 2, "PrometheusRule": 1}
TRIGGER = {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "60"}}
KEDA: dict[str, Any] = {
    "pollingInterval": 15,
    "cooldownPeriod": 60,
    "minReplicaCount": 1,
    "maxReplicaCount": 3,
    "fallback": {"failureThreshold": 3, "replicas": 2},
    "advanced": {
        "restoreToOriginalReplicaCount": True,
        "horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 60}}},
    },
    "triggers": [TRIGGER],
}

DEFAULTED = {"behavior": "static"}
"""What KEDA's type puts into a fallback that does not say it."""


@pytest.fixture(scope="module")
def place(bare_target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with types_of_others(bare_target, tmp_path_factory.mktemp("go")), Place.made(bare_target, "sdep-others") as made:
        yield made


def _dry_run(place: Place, bodies: list[dict[str, Any]]) -> list[str]:
    """Kind and name of each, as the API server would have written them."""
    command = ("apply", "--dry-run=server", "--validate=strict", "-o", "name", "-f", "-")
    return place.target.kubectl(*command, "-n", place.namespace, stdin=yaml.safe_dump_all(bodies)).split()


def test_what_the_chart_makes_is_what_their_types_allow(place: Place) -> None:
    everything = str(CHART / "ci" / "everything.yaml")
    made = place.target.run("helm", "template", "sdep", str(CHART), "-n", place.namespace, "-f", everything)
    bodies = [body for body in yaml.safe_load_all(made) if body and body["kind"] in KINDS]
    assert {kind: sum(body["kind"] == kind for body in bodies) for kind in KINDS} == KINDS
    assert len(_dry_run(place, bodies)) == len(bodies)

    for body in bodies:
        with pytest.raises(CommandError, match="unknown field"):
            _dry_run(place, [{**body, "spec": {**body["spec"], "nonsense": 1}}])


def test_the_operator_makes_a_scaled_object_that_kedas_type_allows(place: Place, tmp_path: Path) -> None:
    """It is the SeldonDeployment's, aims at the Deployment, and is set right where somebody changes it. No copy counts its pods."""
    component = {"spec": {"containers": [{"name": "m", "image": place.target.images["runtime"]}]}, "kedaSpec": KEDA}
    predictor = {"name": "main", "componentSpecs": [component], "graph": {"name": "m", "type": "MODEL"}}
    body = {
        "apiVersion": "machinelearning.seldon.io/v1",
        "kind": "SeldonDeployment",
        "metadata": {"name": "scaled", "labels": {"seldon.io/controller-id": "a-test"}},
        "spec": {"predictors": [predictor]},
    }
    scaled = lambda: place.get("scaledobjects")["items"]  # noqa: E731
    with place.operator(tmp_path, SDEP_KEDA_ENABLED="true"):
        place.make(body)
        until(lambda: len(scaled()) == 1, "the ScaledObject is there", 30)
        (found,) = scaled()
        (deployment,) = place.get("deployments")["items"]
        name = deployment["metadata"]["name"]
        assert found["metadata"]["name"] == name
        assert [owner["name"] for owner in found["metadata"]["ownerReferences"]] == ["scaled"]
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
        assert found["spec"] == {**KEDA, "fallback": {**KEDA["fallback"], **DEFAULTED}, "scaleTargetRef": target}

        change = json.dumps({"spec": {"maxReplicaCount": 9}})
        place.target.kubectl("patch", "scaledobject", name, "-n", place.namespace, "--type=merge", "-p", change)
        until(lambda: scaled()[0]["spec"]["maxReplicaCount"] == 3, "the ScaledObject is set right", 30)
        place.delete_all()
        until(lambda: not scaled(), "the ScaledObject is gone", 30)
