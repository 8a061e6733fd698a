"""A canary is judged by what it does to real requests, and promoted or turned back by itself."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from demo import operator
from demo.kubectl import Target, until
from tests.node import judged, sdep
from tests.node.forward import forwarded
from tests.node.load import Load, steady
from tests.node.mlflow import Mlflow
from tests.node.program import served
from tests.node.sdep import NAMESPACE, unit

NAME = "judged"
MODEL = "commodity_price_predictor"
GATE = "gate"
GATE_URL = f"http://{GATE}.{NAMESPACE}.svc"


@pytest.fixture(scope="module")
def load(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Load]:
    with judged.under_load(target, NAME, tmp_path_factory.mktemp("load") / "answers") as running:
        yield running


def pinned(target: Target, name: str) -> dict[str, str]:
    """The version that each predictor serves."""
    return {pin["predictor"]: pin["version"] for pin in sdep.status(target, name)["models"]}


def _epoch(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


@pytest.mark.parametrize(
    ("behaviour", "metric"), [("errors", "errors"), ("slow", "latency"), ("shifted", "predictions")]
)
def test_a_canary_that_does_worse_is_turned_back_before_many_saw_it(
    target: Target, load: Load, behaviour: str, metric: str
) -> None:
    began = time.time()
    found = judged.tried(target, NAME, behaviour, steps=judged.CAUTIOUS)
    assert (found["phase"], found["reason"], found["weight"]) == ("RolledBack", "AnalysisFailed", 0)
    assert found["step"] == 0
    failed = {finding["metric"]: finding["message"] for finding in found["findings"] if finding["verdict"] == "Fail"}
    assert failed[metric] in found["message"]
    condition = sdep.wait_for(target, NAME, "RolloutComplete", "AnalysisFailed")
    assert condition["status"] == "False"
    assert ("RolledBack", f"canary: {found['message']}") in sdep.events(target, NAME)
    sdep.wait_ready(target, NAME)
    load.wait_for(200, time.time())
    shares = load.shares(began)
    entered = load.first_of("canary", began)
    assert entered
    exposed, every = shares["canary"], len(load.answers(entered, _epoch(found["finishedAt"]) + 1))
    took = _epoch(found["finishedAt"]) - entered
    print(f"{behaviour}: turned back after {took:.0f} s and {exposed} requests of {every}")
    assert 0 < exposed <= judged.exposure(every, judged.CAUTIOUS)
    since = time.time()
    load.wait_for(300, since)
    assert set(load.shares(since)) == {"main"}
    assert {answer.status for answer in load.answers(since)} == {200}


@pytest.mark.parametrize(
    ("behaviour", "reason", "words"),
    [
        ("retyped", "SignatureBroken", "input oil was FP64 [-1] and is INT64 [-1]"),
        ("stale", "InputExampleFailed", "price: KeyError: 'gas'"),
    ],
)
def test_a_canary_that_would_break_its_callers_is_turned_back_before_any_request(
    target: Target, load: Load, behaviour: str, reason: str, words: str
) -> None:
    began = time.time()
    with load.unharmed():
        found = judged.tried(target, NAME, behaviour, steps=judged.CAUTIOUS)
        assert (found["phase"], found["reason"], found.get("stepStartedAt", "")) == ("RolledBack", reason, "")
        assert words in found["message"]
        assert sdep.wait_for(target, NAME, "RolloutComplete", reason)["status"] == "False"
        assert ("RolledBack", f"canary: {found['message']}") in sdep.events(target, NAME)
        sdep.wait_ready(target, NAME)
        load.wait_for(200, time.time())
    assert set(load.shares(began)) == {"main"}


def test_a_canary_that_never_starts_gets_no_request_and_the_status_has_its_words(target: Target, load: Load) -> None:
    began = time.time()
    found = judged.tried(target, NAME, "dead")
    assert (found["phase"], found["reason"]) == ("RolledBack", "CanaryFailed")
    assert "its weights are lost" in found["message"]
    assert sdep.wait_for(target, NAME, "RolloutComplete", "CanaryFailed")["status"] == "False"
    assert ("RolledBack", f"canary: {found['message']}") in sdep.events(target, NAME)
    assert set(load.shares(began)) == {"main"}


@contextmanager
def gate(target: Target) -> Iterator[None]:
    for body in served(GATE, NAMESPACE, target.images["runtime"], Path(__file__).with_name("gate_server.py")):
        target.apply(json.dumps(body))
    target.kubectl("rollout", "status", f"deploy/{GATE}", "-n", NAMESPACE, "--timeout=120s")
    yield
    target.kubectl("delete", f"deploy/{GATE}", f"service/{GATE}", "-n", NAMESPACE)


def asked_of_gate(target: Target, path: str = "/") -> list[dict[str, Any]]:
    """What the gate was sent until now; `/open` opens it."""
    with (
        forwarded(target, NAMESPACE, f"deploy/{GATE}", 8080) as port,
        urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer,
    ):
        found: list[dict[str, Any]] = json.load(answer)
    return found


def test_a_closed_gate_keeps_every_request_from_the_canary_until_it_opens(target: Target, load: Load) -> None:
    sdep.apply(target, judged.manifest(target, NAME))
    gates = [{"name": "tickets", "url": f"{GATE_URL}/gate", "when": "BeforeStart"}]
    notify = [{"url": f"{GATE_URL}/told", "form": "Slack"}]
    with gate(target):
        sdep.apply(target, judged.manifest(target, NAME, "gated", gates=gates, notify=notify))
        held = judged.wait_for(target, NAME, lambda found: found.get("reason") == "GateClosed", "its gate is closed")
        assert (held["phase"], held["weight"]) == ("Progressing", 0)
        judged.wait_for(target, NAME, lambda found: "ticket 7 is not approved" in found["message"], "the gate says why")
        since = time.time()
        load.wait_for(100, since)
        assert set(load.shares(since)) == {"main"}
        sent = asked_of_gate(target, "/open")[0]
        assert (sent["name"], sent["gate"], sent["step"], sent["weight"]) == (NAME, "tickets", 1, 20)
        found = judged.wait_for(target, NAME, judged.ended, "the gate has opened, and the canary is judged")
        assert found["phase"] == "Promoted", found["message"]
        text = f"Promoted: {NAMESPACE}/{NAME}: canary: {found['message']}"
        until(lambda: text in [one.get("text") for one in asked_of_gate(target)], "the promotion is told", 30)
    sdep.apply(target, judged.manifest(target, NAME))
    sdep.wait_ready(target, NAME)
    sdep.wait_routed(target, NAME)


def test_a_good_canary_is_promoted_through_its_steps_and_nobody_notices(target: Target, load: Load) -> None:
    sdep.apply(target, judged.manifest(target, NAME))
    with load.unharmed():
        found = judged.tried(target, NAME, "good")
        assert (found["phase"], found["weight"]) == ("Promoted", 100), found["message"]
        assert [decided["what"] for decided in found["history"][:2]] == ["promoted", "step 1 of 2 passed"]
        target.kubectl("wait", "sdep", NAME, "-n", NAMESPACE, "--for=condition=RolloutComplete", "--timeout=30s")
    assert ("RolloutPromoted", f"canary: {found['message']}") in sdep.events(target, NAME)
    since = time.time()
    load.wait_for(300, since)
    assert set(load.shares(since)) == {"canary"}
    assert all(finding["samples"] >= 50 for finding in found["findings"])


def test_a_moved_alias_is_tried_on_its_own_and_survives_an_operator_that_is_killed(
    target: Target, mlflow: Mlflow, scratch: list[str], tmp_path: Path
) -> None:
    name, alias = "tried", "tried"
    scratch.append(name)
    mlflow.set_alias(MODEL, alias, "1")
    steps = [{"weight": 30, "duration": "5s"}, {"weight": 50, "duration": "5s"}]
    metrics = [{"name": "errors"}, {"name": "refusals"}]
    analysis = {"interval": "1s", "minRequests": 30, "metrics": metrics, "baseline": "Fresh"}
    body = sdep.manifest(name, {"name": "main", "graph": unit(f"models:/{MODEL}@{alias}", name="price")})
    rollout = json.dumps({"steps": steps, "analysis": analysis})
    body["metadata"]["annotations"] = {"sdep.io/rollout": rollout}
    sdep.apply(target, body)
    sdep.wait_ready(target, name)
    sdep.wait_routed(target, name)
    assert sdep.condition(target, name, "RolloutComplete")["reason"] == "NothingOnTrial"
    written = _written(target, name)
    with steady(target, NAMESPACE, name, tmp_path / "answers") as load, load.unharmed():
        began = time.time()
        mlflow.set_alias(MODEL, alias, "2")
        judged.wait_for(target, name, lambda found: found.get("weight") == 30, "the new version is on trial")
        assert pinned(target, name) == {"main": "1", "main-canary": "2", "main-baseline": "1"}
        operator.restart(target)
        found = judged.wait_for(target, name, judged.ended, "the new version is judged")
        assert found["phase"] == "Promoted", found["message"]
        shares = load.shares(began, _epoch(found["finishedAt"]))
        canary, baseline = shares["main-canary"], shares["main-baseline"]
        assert abs(canary - baseline) <= 4 * sqrt(canary + baseline) + 0.05 * canary, shares
        until(
            lambda: pinned(target, name) == {"main": "2"}, "only the stable predictor is left, with the new version", 60
        )
        since = time.time()
        load.wait_for(300, since)
        assert load.models(since) == {f"{MODEL}:2"}
    assert _written(target, name) == written


def _written(target: Target, name: str) -> tuple[int, dict[str, Any]]:
    """What people wrote, and how often it changed: no rollout touches that."""
    found = target.get("sdep", name, "-n", NAMESPACE)
    return found["metadata"]["generation"], found["spec"]
