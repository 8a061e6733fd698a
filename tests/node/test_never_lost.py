"""Whatever is done to a SeldonDeployment or to its operator, no request is lost: under a steady load, with real pods."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from demo import operator
from demo.kubectl import Target, until
from tests.node import gateway, outage, sdep
from tests.node.load import PACE, Load, steady
from tests.node.sdep import NAMESPACE, SECRET

pytestmark = pytest.mark.flaky(reruns=0)  # what is promised without an exception is not tried twice

NAME = "steady"
MINUTES = float(os.environ.get("SDEP_LOAD_MINUTES", "10"))
"""How long the load lasts at least, over all steps."""
PACE_AT_LEAST = 200
Predictor = dict[str, Any]
BROKEN: dict[str, tuple[Predictor, str, str]] = {
    "an image that is nowhere": (
        {
            "graph": {"name": "own", "type": "MODEL"},
            "componentSpecs": [{"spec": {"containers": [{"name": "own", "image": "localhost/there-is-none:1"}]}}],
        },
        "ImagePullBackOff",
        "localhost/there-is-none:1",
    ),
    "too little memory": (
        {
            "graph": {"name": "m", "modelUri": "models:/commodity_price_predictor/1", "envSecretRefName": SECRET},
            "componentSpecs": [{"spec": {"containers": [{"name": "m", "resources": {"limits": {"memory": "32Mi"}}}]}}],
        },
        "OOMKilled",
        "seldon-container-engine",
    ),
    "a model that is nowhere": (
        {
            "graph": {
                "name": "m",
                "implementation": "MLFLOW_SERVER",
                "modelUri": "s3://mlflow/nothing-here",
                "envSecretRefName": SECRET,
            }
        },
        "ModelNotFound",
        "s3://mlflow/nothing-here",
    ),
    "a setting that means nothing": (
        {
            "graph": {"name": "m", "modelUri": "models:/commodity_price_predictor/1", "envSecretRefName": SECRET},
            "svcOrchSpec": {"env": [{"name": "SDEP_PREDICTOR", "value": "rubbish"}]},
        },
        "ContainerFailed",
        "seldon-container-engine",
    ),
}
"""Canaries that never start: each with the reason and a word of the message that its condition must carry."""


def predictor(name: str, version: int = 1, unit: str = "m", **more: object) -> Predictor:
    model = {"name": unit, "modelUri": f"models:/commodity_price_predictor/{version}", "envSecretRefName": SECRET}
    return {"name": name, "graph": model, **more}


def change(target: Target, *predictors: Predictor) -> None:
    """Apply the manifest and wait until all of it is in force and what it replaced is gone."""
    sdep.apply(target, sdep.manifest(NAME, *predictors))
    sdep.wait_ready(target, NAME)
    gateway.settle(target, NAMESPACE, NAME)
    until(lambda: not _leaving(target), "the pods that made way are gone")


def _leaving(target: Target) -> bool:
    wanted = sum(entry["replicas"] for entry in sdep.status(target, NAME)["predictors"])
    return len(sdep.pods(target, NAME)) > wanted


def weigh(target: Target, canary: int) -> None:
    """One patch of both weights, in force when it returns."""
    weights = {0: 100 - canary, 1: canary}
    operations = [
        {"op": "add", "path": f"/spec/predictors/{at}/traffic", "value": weight} for at, weight in weights.items()
    ]
    target.kubectl("patch", "sdep", NAME, "-n", NAMESPACE, "--type=json", f"-p={json.dumps(operations)}")
    sdep.wait_for(target, NAME, "TrafficAsRequested", "AsWritten", 10)


def assert_share(load: Load, canary: int, requests: int = 600) -> None:
    """What the canary answers from now on is its weight's part, but for chance (four standard deviations of it)."""
    since = time.time()
    load.wait_for(requests, since)
    found = load.shares(since)
    total, part = sum(found.values()), canary / 100
    chance = 4 * sqrt(total * part * (1 - part))
    assert found["canary"] == pytest.approx(total * part, abs=chance), f"{found} at a weight of {canary}"


@pytest.fixture(scope="module")
def load(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Load]:
    sdep.apply(target, sdep.manifest(NAME, predictor("main")))
    try:
        sdep.wait_ready(target, NAME)
        sdep.wait_routed(target, NAME)
        answers: Path = tmp_path_factory.mktemp("load") / "answers"
        with steady(target, NAMESPACE, NAME, answers) as running:
            yield running
    finally:
        target.kubectl("delete", "sdep", NAME, "-n", NAMESPACE, "--ignore-not-found")
        until(lambda: not sdep.pods(target, NAME), "its pods are gone")


def test_a_changed_model_loses_no_request(target: Target, load: Load) -> None:
    with load.unharmed():
        change(target, predictor("main", version=2))
    since = time.time()
    load.wait_for(100, since)
    assert load.models(since) == {"commodity_price_predictor:2"}


def test_a_changed_engine_loses_no_request(target: Target, load: Load) -> None:
    before = {pod["metadata"]["uid"] for pod in sdep.pods(target, NAME)}
    with load.unharmed():
        change(target, predictor("main", svcOrchSpec={"env": [{"name": "A_CHANGE", "value": "1"}]}))
    assert before.isdisjoint(pod["metadata"]["uid"] for pod in sdep.pods(target, NAME))


def test_a_unit_with_another_name_gets_another_deployment_and_loses_no_request(target: Target, load: Load) -> None:
    with load.unharmed():
        change(target, predictor("main", unit="renamed"))
    found = target.kubectl("get", "deployments", "-n", NAMESPACE, "-l", f"seldon-deployment-id={NAME}", "-o", "name")
    assert found.split() == [f"deployment.apps/{NAME}-main-0-renamed"]


def test_a_predictor_with_another_name_is_routed_to_when_it_answers_and_loses_no_request(
    target: Target, load: Load
) -> None:
    with load.unharmed():
        change(target, predictor("other", unit="renamed"))
        change(target, predictor("main", unit="renamed"))


def test_replicas_that_come_and_go_lose_no_request_and_all_answer(target: Target, load: Load) -> None:
    with load.unharmed():
        change(target, predictor("main", unit="renamed", replicas=3))
        since = time.time()
        load.wait_for(300, since)
        assert len({answer.by for answer in load.answers(since)}) == 3
        change(target, predictor("main", unit="renamed", replicas=1))


def test_a_canary_that_comes_gets_its_share_and_costs_no_request(target: Target, load: Load) -> None:
    with load.unharmed():
        change(target, predictor("main", traffic=80), predictor("canary", version=2, traffic=20))
        assert_share(load, 20)


def test_weights_that_change_fifty_times_lose_no_request(target: Target, load: Load) -> None:
    with load.unharmed():
        for turn in range(50):
            weight = turn * 37 % 101
            weigh(target, weight)
            if turn % 10 == 0:
                gateway.settle(target, NAMESPACE, NAME)
                assert_share(load, weight)


def test_a_canary_that_is_promoted_is_left_alone_while_main_goes(target: Target, load: Load) -> None:
    (canary,) = [pod for pod in sdep.pods(target, NAME) if pod["metadata"]["labels"]["version"] == "canary"]
    with load.unharmed():
        change(target, predictor("canary", version=2, traffic=100))
    (left,) = sdep.pods(target, NAME)
    assert left["metadata"]["uid"] == canary["metadata"]["uid"], "the canary was restarted"
    assert left["status"]["containerStatuses"][0]["restartCount"] == 0


def test_a_canary_that_goes_costs_no_request(target: Target, load: Load) -> None:
    with load.unharmed():
        change(target, predictor("main", traffic=70), predictor("canary", version=2, traffic=30))
        change(target, predictor("main"))


@pytest.mark.parametrize("broken", BROKEN)
def test_a_canary_that_cannot_start_gets_no_request_and_its_weight_goes_at_once(
    target: Target, load: Load, broken: str
) -> None:
    body, reason, word = BROKEN[broken]
    with load.unharmed():
        since = time.time()
        canary = {"name": "canary", "traffic": 50, **body}
        sdep.apply(target, sdep.manifest(NAME, predictor("main", traffic=50), canary))
        found = sdep.wait_for(target, NAME, "DeploymentsReady", reason)
        assert word in found["message"]
        assert sdep.condition(target, NAME, "TrafficAsRequested")["reason"] == "PredictorNotReady"
        began = time.monotonic()
        weigh(target, 0)
        assert time.monotonic() - began < 2
        assert set(load.shares(since)) == {"main"}
        change(target, predictor("main"))


def test_an_operator_that_is_upgraded_during_a_rollout_costs_no_request(target: Target, load: Load) -> None:
    pods = {pod["metadata"]["uid"] for pod in operator.pods(target)}
    release = (operator.RELEASE, str(operator.CHART), "-n", operator.NAMESPACE, *operator.values(target))
    try:
        with load.unharmed():
            sdep.apply(
                target, sdep.manifest(NAME, predictor("main", version=1, traffic=60), predictor("canary", traffic=40))
            )
            target.run("helm", "upgrade", *release, "--set", "mlflow.resolveIntervalSeconds=3")
            operator.wait(target)
            assert pods.isdisjoint(pod["metadata"]["uid"] for pod in operator.pods(target))
            change(target, predictor("main"))
    finally:
        operator.install(target)


def test_an_operator_that_is_killed_during_a_rollout_costs_no_request(target: Target, load: Load) -> None:
    with load.unharmed():
        sdep.apply(target, sdep.manifest(NAME, predictor("main", version=2)))
        outage.kill_operators(target)
        change(target, predictor("main", version=2, traffic=60), predictor("canary", traffic=40))
        assert_share(load, 40)


@pytest.mark.parametrize("seconds", [2, 12], ids=["for a moment", "until its operators end"])
def test_an_api_server_that_is_away_costs_no_request(target: Target, load: Load, seconds: int) -> None:
    """Gateways hear late of what went just before; and an operator may begin while the API server does, which knows little then."""
    change(target, predictor("main", version=2, traffic=60), predictor("canary", traffic=40))
    with load.unharmed():
        sdep.apply(target, sdep.manifest(NAME, predictor("main", version=2)))
        with outage.api_server_away():
            load.wait_for(round(PACE * seconds), time.time())
        change(target, predictor("main", version=2))
        change(target, predictor("main", version=2, traffic=50), predictor("canary", traffic=50))
        assert_share(load, 50)


def test_the_load_was_steady_for_as_long_as_is_asked_and_lost_nothing(target: Target, load: Load) -> None:
    change(target, predictor("main", version=2, traffic=50), predictor("canary", traffic=50))
    turn = 0
    while time.time() - load.began < MINUTES * 60:
        turn += 1
        weigh(target, turn * 37 % 101)
    answers = load.answers()
    seconds = answers[-1].due - answers[0].due
    waits = sorted(answer.came - answer.due for answer in answers)
    tenths = sorted(Counter(int(answer.sent - load.began) // 10 for answer in answers).values())[1:]
    print(f"{len(answers)} requests in {seconds:.0f} s, in the slowest ten {tenths[0] / 10:.0f} a second; ", end="")
    print(f"p50 {waits[len(waits) // 2] * 1000:.1f} ms, p99 {waits[len(waits) * 99 // 100] * 1000:.1f} ms")
    assert len(answers) / seconds >= PACE_AT_LEAST
    load.assert_unharmed(answers)
