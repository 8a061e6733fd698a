"""Inputs that are no longer like the training data are found on the way through the gateway, and turn a canary back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from demo import traffic
from demo.kubectl import Target, until
from tests.node import judged, sdep
from tests.node.program import served
from tests.node.reference_server import rows
from tests.node.sdep import NAMESPACE, unit

NAME = "drifting"
SERVER = "reference-data"
DETECTOR = {
    "reference": {"uri": f"http://{SERVER}.{NAMESPACE}.svc/months.csv"},
    "window": {"rows": 100, "minRows": 100},
    "interval": "1s",
}
AT_ONCE = 50


@contextmanager
def reference_data(target: Target) -> Iterator[None]:
    for body in served(SERVER, NAMESPACE, target.images["runtime"], Path(__file__).with_name("reference_server.py")):
        target.apply(json.dumps(body))
    target.kubectl("rollout", "status", f"deploy/{SERVER}", "-n", NAMESPACE, "--timeout=120s")
    yield
    target.kubectl("delete", f"deploy/{SERVER}", f"service/{SERVER}", "-n", NAMESPACE)


def manifest() -> dict[str, Any]:
    predictors = [
        {
            "name": name,
            "graph": unit(f"models:/commodity_price_predictor/{version}", name="price"),
            "driftDetector": {**DETECTOR, **more},
        }
        for name, version, more in (("main", 1, {}), ("canary", 2, {"onDrift": "RollBack"}))
    ]
    analysis = {"interval": "1s", "metrics": [{"name": "errors"}]}
    rollout = {"canary": "canary", "steps": [{"weight": 50, "duration": "10m"}], "analysis": analysis}
    return sdep.manifest(NAME, *predictors, rollout=rollout)


def ask(target: Target, months: list[list[float]]) -> None:
    for start in range(0, len(months), AT_ONCE):
        traffic.predict(target, NAMESPACE, NAME, months[start : start + AT_ONCE])


def windows(target: Target) -> dict[str, int]:
    """How many whole windows there were, by predictor."""
    found = sdep.status(target, NAME).get("drift") or []
    return {state["predictor"]: len(state["windows"]) for state in found}


def test_shifted_inputs_turn_a_canary_back_and_usual_ones_do_not(target: Target, scratch: list[str]) -> None:
    """Windows of usual months are no drift and leave the rollout alone; months of dear gas are named, said and act."""
    scratch.append(NAME)
    with reference_data(target):
        sdep.apply(target, manifest())
        judged.wait_for(target, NAME, lambda found: found.get("weight") == 50, "the canary has half of the traffic")
        sdep.first_answer(target, NAMESPACE, NAME, rows(1, 1))
        seeds = iter(range(2, 1000))

        def usual() -> bool:
            ask(target, rows(next(seeds)))
            found = windows(target)
            return len(found) == 2 and min(found.values()) > 0

        until(usual, "both predictors have seen whole windows", 60)
        condition = sdep.condition(target, NAME, "DriftDetected")
        assert (condition["status"], condition["reason"]) == ("False", "NoDrift"), condition
        assert judged.rollout(target, NAME)["phase"] == "Progressing"
        sdep.wait_ready(target, NAME)

        def turned_back() -> bool:
            ask(target, [[oil, gas + 4, dollar] for oil, gas, dollar in rows(next(seeds))])
            return judged.ended(judged.rollout(target, NAME))

        until(turned_back, "the canary is turned back", 60)
    found = judged.rollout(target, NAME)
    assert (found["phase"], found["reason"], found["weight"]) == ("RolledBack", "DriftDetected", 0)
    assert "gas is" in found["message"]
    condition = sdep.wait_for(target, NAME, "DriftDetected", "FeaturesDrifted")
    assert condition["status"] == "True"
    assert "predictor main: " in condition["message"]
    until(lambda: "FeaturesDrifted" in dict(sdep.events(target, NAME)), "the drift is an event", 10)
    sdep.wait_ready(target, NAME)
