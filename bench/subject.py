"""The SeldonDeployments that are measured, and the children that they must get."""

from __future__ import annotations

import copy
import secrets
from dataclasses import dataclass

from bench.cluster import Body
from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import API_VERSION, KIND, parse
from sdep.api.status import Pin
from sdep.plan import Plan, units_with_models
from sdep.render import render
from sdep.render.labels import DEPLOYMENT_ID
from sdep.render.manifest import Key, key_of
from sdep.rollout.weights import requested
from sdep.settings import OperatorSettings

NAMESPACE = f"bench-operator-{secrets.token_hex(2)}"
"""New for each run: after a namespace is deleted, Kubernetes checks every write to one of its name more slowly for 30 s."""

STORED = "s3://bench/model"
_SETTINGS = OperatorSettings(runtime_image="bench/runtime")


@dataclass(frozen=True)
class Subject:
    """No pod of it ever starts (`replicas: 0`), so that the operator and the API server are measured and nothing else."""

    manifest: Body
    children: tuple[Body, ...]

    @property
    def key(self) -> Key:
        return key_of(self.manifest)

    @property
    def child_keys(self) -> tuple[Key, ...]:
        return tuple(key_of(child) for child in self.children)

    def child(self, kind: str) -> Key:
        """The first child of a kind."""
        return next(key for key in self.child_keys if key.kind == kind)


def subjects(prefix: str, count: int, model_uri: str = STORED) -> list[Subject]:
    """The first splits its traffic between two predictors and has nine children; the others have one predictor and five."""
    return [subject(f"{prefix}-{number:04}", split=number == 0, model_uri=model_uri) for number in range(count)]


def subject(name: str, *, split: bool, model_uri: str = STORED) -> Subject:
    predictors = [_predictor("a", 50, model_uri), _predictor("b", 50, model_uri)]
    manifest = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"predictors": predictors if split else [_predictor("default", 100, model_uri)]},
    }
    return Subject(manifest, _children(manifest))


def unowned(child: Body, namespace: str) -> Body:
    """The same child for a benchmark that makes it by itself: it has no owner, and the operator's watches skip it."""
    body = copy.deepcopy(child)
    body["metadata"]["namespace"] = namespace
    body["metadata"].pop("ownerReferences")
    body["metadata"]["labels"].pop(DEPLOYMENT_ID)
    return body


def _predictor(name: str, traffic: int, model_uri: str) -> Body:
    graph = {"name": "model", "implementation": "MLFLOW_SERVER", "modelUri": model_uri}
    return {"name": name, "replicas": 0, "traffic": traffic, "graph": graph}


def _children(manifest: Body) -> tuple[Body, ...]:
    sdep = with_defaults(parse(manifest))
    pins = {
        key: Pin(predictor=key[0], unit=key[1], uri=STORED, artifact_uri=STORED) for key, _ in units_with_models(sdep)
    }
    plan = Plan(sdep, pins, requested(sdep.spec.predictors), _SETTINGS)
    return tuple(made.body for made in render(plan))
