"""A model whose behaviour its manifest chooses, and the rollouts that judge it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import sqrt
from pathlib import Path
from typing import Any

from demo.kubectl import Target, until
from tests.node import sdep
from tests.node.load import Load, steady
from tests.node.sdep import NAMESPACE

_CONFIG_MAP = "judged-classes"
_CLASS = '''
import random
import time


class Judged:
    """Answers prices of about 78; `behaviour` says what is wrong with them or with what it says of itself, or, a number, what is dear."""

    def __init__(self, behaviour="good"):
        self._behaviour = behaviour

    def load(self):
        if self._behaviour == "dead":
            raise RuntimeError("its weights are lost")

    def init_metadata(self):
        kind = "INT64" if self._behaviour == "retyped" else "FP64"
        custom = {"inputExampleFailed": "KeyError: 'gas'"} if self._behaviour == "stale" else {}
        oil = {"name": "oil", "datatype": kind, "shape": [-1]}
        return {"name": "price", "versions": ["1"], "platform": "own", "inputs": [oil], "outputs": [], "custom": custom}

    def predict(self, X, names, meta=None):
        if self._behaviour.isdecimal():
            return ["dear" if row[0] >= float(self._behaviour) else "cheap" for row in X]
        if self._behaviour == "errors" and random.random() < 0.3:
            raise RuntimeError("a column is missing")
        if self._behaviour == "slow":
            time.sleep(0.05)
        middle = 81.0 if self._behaviour == "shifted" else 78.0
        return [random.gauss(middle, 2.0) for _ in X]
'''
ANALYSIS: dict[str, Any] = {
    "interval": "1s",
    "minRequests": 50,
    "metrics": [{"name": "errors"}, {"name": "latency", "quantile": 0.9, "margin": 100}, {"name": "predictions"}],
}
CAUTIOUS: list[dict[str, Any]] = [{"weight": 5, "duration": "1m"}, {"weight": 50, "duration": "5s"}]
"""A first step that lasts: whatever is turned back is turned back within it."""
STEPS: list[dict[str, Any]] = [{"weight": 20, "duration": "5s"}, {"weight": 50, "duration": "5s"}]


def exposure(requests: int, steps: list[dict[str, Any]]) -> float:
    """How many of the requests may reach a canary in its first step: its share, and four standard deviations of chance."""
    part: float = requests * steps[0]["weight"] / 100
    return part + 4 * sqrt(part)


@contextmanager
def classes(target: Target) -> Iterator[None]:
    """The class, mounted where an image of its own would have it."""
    metadata = {"name": _CONFIG_MAP, "namespace": NAMESPACE}
    target.apply(
        json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"Judged.py": _CLASS}})
    )
    yield
    target.kubectl("delete", "configmap", _CONFIG_MAP, "-n", NAMESPACE)


def predictor(target: Target, name: str, behaviour: str = "good", **more: object) -> dict[str, Any]:
    parameter = {"name": "behaviour", "value": behaviour, "type": "STRING"}
    container = {
        "name": "price",
        "image": target.images["runtime"],
        "command": ["seldon-core-microservice"],
        "workingDir": "/microservice",
        "env": [{"name": "MODEL_NAME", "value": "Judged"}],
        "volumeMounts": [{"name": "classes", "mountPath": "/microservice"}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 1},
    }
    volumes = [{"name": "classes", "configMap": {"name": _CONFIG_MAP}}]
    return {
        "name": name,
        "graph": {"name": "price", "type": "MODEL", "parameters": [parameter]},
        "componentSpecs": [{"spec": {"containers": [container], "volumes": volumes}}],
        **more,
    }


def manifest(target: Target, name: str, behaviour: str = "", **rollout: object) -> dict[str, Any]:
    """A stable predictor, and with a behaviour a canary on trial."""
    predictors = [predictor(target, "main")]
    if behaviour:
        predictors.append(predictor(target, "canary", behaviour, progressDeadlineSeconds=30))
    spec = {"canary": "canary", "steps": STEPS, "analysis": ANALYSIS, **rollout}
    return sdep.manifest(name, *predictors, rollout=spec)


def rollout(target: Target, name: str) -> dict[str, Any]:
    found: dict[str, Any] = sdep.status(target, name).get("rollout") or {}
    return found


def wait_for(
    target: Target, name: str, wanted: Callable[[dict[str, Any]], bool], what: str, seconds: float = 120
) -> dict[str, Any]:
    """Until the rollout is as wanted; what it was instead is in the error."""
    try:
        until(lambda: wanted(rollout(target, name)), f"{name}: {what}", seconds)
    except TimeoutError as error:
        raise AssertionError(f"{error}; it is {_brief(rollout(target, name))}") from error
    return rollout(target, name)


@contextmanager
def under_load(target: Target, name: str, answers: Path) -> Iterator[Load]:
    """A steady load on a SeldonDeployment whose canary comes with each test."""
    with classes(target):
        sdep.apply(target, manifest(target, name))
        try:
            sdep.wait_ready(target, name)
            sdep.wait_routed(target, name)
            with steady(target, NAMESPACE, name, answers) as running:
                yield running
        finally:
            target.kubectl("delete", "sdep", name, "-n", NAMESPACE, "--ignore-not-found")


def tried(target: Target, name: str, behaviour: str, **spec: object) -> dict[str, Any]:
    """The rollout at its end."""
    before = rollout(target, name).get("revision")
    sdep.apply(target, manifest(target, name, behaviour, **spec))
    return wait_for(target, name, lambda found: ended(found) and found["revision"] != before, f"{behaviour} is judged")


def ended(found: dict[str, Any]) -> bool:
    return found.get("phase") in {"Promoted", "RolledBack"} and found.get("reason") != "Replacing"


def _brief(found: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key != "collected"}
