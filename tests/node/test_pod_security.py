"""Whatever pods are rendered, a namespace of Kubernetes' Pod Security Standard `restricted` takes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo.kubectl import Target
from tests.golden.rendered import RENDERED
from tests.node.refusal import refusal

NAMESPACE = "restricted-pods"


@pytest.fixture
def restricted(bare_target: Target) -> Iterator[Target]:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}
    bare_target.apply(json.dumps(body))
    try:
        yield bare_target
    finally:
        bare_target.kubectl("delete", "namespace", NAMESPACE)


def pods(file: Path) -> Iterator[dict[str, Any]]:
    """Of each Deployment in a file its pod, with the account that every namespace has."""
    for body in yaml.safe_load_all(file.read_text()):
        if body and body["kind"] == "Deployment":
            spec = {**body["spec"]["template"]["spec"], "serviceAccountName": "default"}
            metadata = {"name": body["metadata"]["name"], "namespace": NAMESPACE}
            yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def test_every_rendered_pod_is_taken_by_a_restricted_namespace(restricted: Target) -> None:
    made = [pod for file in RENDERED for pod in pods(file)]
    assert len(made) > 30
    assert {pod["metadata"]["name"]: said for pod in made if (said := refusal(restricted, pod))} == {}
    plain = {**made[0], "spec": {"containers": [{"name": "says-nothing", "image": "any"}]}}
    assert "violates PodSecurity" in refusal(restricted, plain)
