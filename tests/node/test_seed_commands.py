"""The commands that users of v1 type, typed."""

from __future__ import annotations

import re

from demo.kubectl import Target
from demo.patterns import Pattern
from tests.node import sdep
from tests.node.sdep import NAMESPACE

Patterns = dict[str, Pattern]


def _pod(target: Target, name: str) -> str:
    found: str = sdep.pods(target, name)[0]["metadata"]["name"]
    return found


def test_describe_tells_state_conditions_and_events(target: Target, served: Patterns) -> None:
    said = target.kubectl("describe", "sdep", served["simple"].name, "-n", NAMESPACE)
    assert re.search(r"State:\s+Available", said)
    assert "TrafficAsRequested" in said
    assert "commodity_price_predictor" in said


def test_pods_are_found_by_label(target: Target, served: Patterns) -> None:
    everything = target.kubectl("get", "pods", "-n", NAMESPACE, "-l", "seldon-deployment-id")
    assert all(pattern.name in everything for pattern in served.values())
    assert len(sdep.pods(target, served["canary"].name)) == 3


def test_logs_are_found_by_label(target: Target, served: Patterns) -> None:
    log = target.kubectl("logs", "-n", NAMESPACE, "-l", f"seldon-deployment-id={served['simple'].name}")
    assert "model loaded" in log


def test_a_pod_can_be_asked_whether_it_reaches_mlflow(target: Target, served: Patterns) -> None:
    pod = _pod(target, served["simple"].name)
    server = "http://mlflow.data-platform.svc.cluster.local:5000"
    assert target.kubectl("exec", "-n", NAMESPACE, pod, "--", "curl", "-s", f"{server}/health") == "OK"
    registered = f"{server}/api/2.0/mlflow/registered-models/get?name=commodity_price_predictor"
    said = target.kubectl("exec", "-n", NAMESPACE, pod, "--", "curl", "-s", registered)
    assert '"name": "commodity_price_predictor"' in said


def test_traffic_is_found_in_the_manifest_and_in_the_route(target: Target, served: Patterns) -> None:
    said = target.kubectl("get", "sdep", served["ab-test"].name, "-n", NAMESPACE, "-o", "yaml")
    assert len(re.findall(r"traffic: 50", said)) >= 2
    assert served["ab-test"].name in target.kubectl("get", "virtualservice", "-n", NAMESPACE)


def test_the_three_metrics_are_on_every_predictor_pod_with_v1s_labels(target: Target, served: Patterns) -> None:
    pod = _pod(target, served["simple"].name)
    path = f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}:8000/proxy"
    body = '{"data": {"ndarray": [[75.5, 3.2, 1.18]]}}'
    command = ("exec", "-n", NAMESPACE, pod, "--", "curl", "-s", "-H", "Content-Type: application/json", "-d", body)
    target.kubectl(*command, "http://localhost:8000/api/v1.0/predictions")
    metrics = target.kubectl("get", "--raw", f"{path}/prometheus")
    server = _labels(metrics, "seldon_api_executor_server_requests_seconds_count", 'service="predictions"')
    assert server["deployment_name"] == served["simple"].name
    assert (server["predictor_name"], server["service"], server["method"], server["code"]) == (
        "default",
        "predictions",
        "post",
        "200",
    )
    client = _labels(metrics, "seldon_api_executor_client_requests_seconds_count")
    assert (client["model_name"], client["service"]) == ("classifier", "/predict")
    assert {"model_image", "model_version", "predictor_version"} <= client.keys()
    assert _labels(metrics, "seldon_deployment_prediction_count")["predictor_name"] == "default"


def _labels(metrics: str, name: str, having: str = "") -> dict[str, str]:
    match = re.search(rf"^{name}\{{(.*{having}.*)\}} [1-9]", metrics, re.MULTILINE)
    assert match, f"{name} has no sample above zero in:\n{metrics}"
    return dict(re.findall(r'(\w+)="([^"]*)"', match[1]))


def test_model_pods_run_with_next_to_no_rights(target: Target, served: Patterns) -> None:
    for pod in sdep.pods(target, served["ensemble"].name):
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        assert pod["spec"]["automountServiceAccountToken"] is False
        for container in pod["spec"]["containers"] + pod["spec"]["initContainers"]:
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"] is True
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert security["allowPrivilegeEscalation"] is False
