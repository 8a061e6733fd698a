"""The five patterns of `examples/`: Available, at a glance, and split as their weights say."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from pathlib import Path

import pytest

from demo import traffic
from demo.kubectl import Target
from demo.patterns import Pattern
from tests.node import sdep
from tests.node.forward import forwarded
from tests.node.gateway import settle
from tests.node.sdep import NAMESPACE

Patterns = dict[str, Pattern]
REQUESTS = 1000
FOUR_SIGMA = {5: 28, 10: 38, 25: 55, 50: 64}
"""Four standard deviations of a binomial count of 1000 at these percentages."""


def split(target: Target, name: str) -> dict[str, int]:
    """Predictions by predictor of 1000 requests, none of which may fail."""
    observed, answers = traffic.split(target, NAMESPACE, name, REQUESTS)
    assert answers.failed == 0, answers.codes
    return dict(observed)


def test_every_example_becomes_available(target: Target, served: Patterns) -> None:
    assert {pattern.status(target)["state"] for pattern in served.values()} == {"Available"}


def test_kubectl_get_shows_state_replicas_traffic_models_and_age(target: Target, served: Patterns) -> None:
    lines = target.kubectl("get", "sdep", "-n", NAMESPACE).splitlines()
    assert lines[0].split() == ["NAME", "STATE", "READY", "TRAFFIC", "MODELS", "AGE"]
    (canary,) = [line for line in lines if line.startswith(served["canary"].name)]
    assert "3/3" in canary
    assert "main 90, canary 10" in canary
    assert "commodity_price_predictor/1, commodity_price_predictor/2" in canary


def test_an_ab_test_splits_in_half(target: Target, served: Patterns) -> None:
    observed = split(target, served["ab-test"].name)
    assert abs(observed["model-a"] - 500) <= FOUR_SIGMA[50]
    assert observed["model-a"] + observed["model-b"] == REQUESTS


@pytest.mark.parametrize("percent", [5, 25, 100])
def test_patching_the_canarys_weight_alone_sends_it_just_that(target: Target, served: Patterns, percent: int) -> None:
    name = served["canary"].name
    sdep.patch(target, name, "/spec/predictors/1/traffic", percent)
    try:
        sdep.wait_for(target, name, "TrafficAsRequested", "WeightsCompleted")
        settle(target, NAMESPACE, name)
        observed = split(target, name)
        assert abs(observed.get("canary", 0) - 10 * percent) <= FOUR_SIGMA.get(percent, 0)
    finally:
        sdep.patch(target, name, "/spec/predictors/1/traffic", 10)
        sdep.wait_for(target, name, "TrafficAsRequested", "AsWritten")


def test_a_shadow_gets_every_request_and_answers_nobody(target: Target, served: Patterns) -> None:
    observed = split(target, served["shadow"].name)
    assert observed == {"main": REQUESTS, "shadow": REQUESTS}
    answers = traffic.send(target, NAMESPACE, served["shadow"].name, 20)
    assert answers.models == {"commodity_price_predictor:1"}


def test_an_ensemble_answers_the_element_wise_mean_of_its_children(target: Target, served: Patterns) -> None:
    """What each child answers by itself comes from SeldonDeployments of one model each, so that numpy may judge."""
    numpy = pytest.importorskip("numpy", exc_type=ImportError)
    rows = [[75.5, 3.2, 1.18], [52.0, 2.7, 1.22], [110.25, 7.9, 1.05]]
    alone = {"forest": "commodity_random_forest", "boosting": "commodity_gradient_boosting"}
    for name, model in alone.items():
        predictor = {"name": "default", "graph": sdep.unit(f"models:/{model}/1")}
        sdep.apply(target, sdep.manifest(name, predictor))
    try:
        for name in alone:
            sdep.wait_ready(target, name)
            sdep.wait_routed(target, name)
        children = [traffic.predict(target, NAMESPACE, name, rows) for name in alone]
        together = traffic.predict(target, NAMESPACE, served["ensemble"].name, rows)
        assert together == numpy.mean(children, axis=0).tolist()
        assert children[0] != children[1]
    finally:
        target.kubectl("delete", "sdep", *alone, "-n", NAMESPACE)


def test_the_quick_starts_curl_gets_the_quick_starts_answer(target: Target, served: Patterns) -> None:
    service = f"svc/{served['simple'].name}-default"
    with forwarded(target, NAMESPACE, service, 8000) as port:
        request = urllib.request.Request(
            f"http://localhost:{port}/api/v1.0/predictions",
            json.dumps({"data": {"ndarray": [[75.5, 3.2, 1.18]]}}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = json.loads(answer.read())
    assert body.keys() == {"data", "meta"}
    assert body["data"]["names"] == []
    (price,) = body["data"]["ndarray"]
    assert 60 < price < 100


PUBLISHED_CLIENT = """
import sys, json, numpy
from seldon_core.seldon_client import SeldonClient
client = SeldonClient(gateway="istio", gateway_endpoint=sys.argv[1], namespace="data-platform",
                      deployment_name="commodity-price-predictor", payload_type=sys.argv[2])
answer = client.predict(data=numpy.array([[75.5, 3.2, 1.18]]))
print(json.dumps([answer.success, answer.response]))
"""


@pytest.mark.parametrize("payload", ["ndarray", "tensor"])
def test_the_published_seldon_client_predicts_through_the_gateway(
    target: Target, served: Patterns, seldon_client_python: Path, payload: str
) -> None:
    assert served["simple"].name == "commodity-price-predictor"
    command = [str(seldon_client_python), "-W", "ignore", "-c", PUBLISHED_CLIENT, target.gateway, payload]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    success, response = json.loads(done.stdout.splitlines()[-1])
    assert success
    data = response["data"]
    (price,) = data["ndarray"] if payload == "ndarray" else data["tensor"]["values"]
    assert 60 < price < 100


def test_spec_replicas_scales(target: Target, served: Patterns) -> None:
    name = served["simple"].name
    sdep.patch(target, name, "/spec/replicas", 3)
    sdep.wait_ready(target, name)
    assert sdep.status(target, name)["replicas"] == 3
    target.kubectl("scale", "sdep", name, "-n", NAMESPACE, "--replicas=2")
    sdep.wait_ready(target, name)
    assert sdep.status(target, name)["replicas"] == 2


def test_routes_carry_v1s_names(target: Target, served: Patterns) -> None:
    name = served["canary"].name
    rules = {rule["metadata"]["name"] for rule in target.get("destinationrules", "-n", NAMESPACE)["items"]}
    assert {f"{name}-main", f"{name}-canary"} <= rules
    route = target.get("virtualservice", name, "-n", NAMESPACE)["spec"]["http"][0]
    assert [(to["destination"]["subset"], to["weight"]) for to in route["route"]] == [("main", 90), ("canary", 10)]
