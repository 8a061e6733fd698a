"""A Python class of v1's kind in a real pod, started by the runtime image's own command: the one of the guide."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo.kubectl import Target, until
from demo.target import ROOT
from tests.node import sdep
from tests.node.operators import CONTROLLER, operators

NAMESPACE = "sdep-classes"
GUIDE = (ROOT / "docs" / "guides" / "python-classes.md").read_text()
BROKEN = """
class Broken:
    def __init__(self, **parameters):
        pass

    def load(self):
        raise RuntimeError("no weights")
"""


@pytest.fixture(scope="module")
def running(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The classes are mounted where an image of their own would have them."""
    target.kubectl("create", "namespace", NAMESPACE)
    folder: Path = tmp_path_factory.mktemp("operator")
    modules = {"Prices.py": _block("python"), "Broken.py": BROKEN}
    mounted = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "modules", "namespace": NAMESPACE},
        "data": modules,
    }
    target.apply(json.dumps(mounted))
    with operators(target, NAMESPACE, folder, "classes"):
        yield target
    target.kubectl("delete", "namespace", NAMESPACE)


def _block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    return str(found)


def _manifest(image: str, name: str, class_name: str) -> dict[str, Any]:
    body: dict[str, Any] = yaml.safe_load(_block("yaml"))
    body["metadata"] = {"name": name, "namespace": NAMESPACE, "labels": {"seldon.io/controller-id": CONTROLLER}}
    pod = body["spec"]["predictors"][0]["componentSpecs"][0]["spec"]
    pod["volumes"] = [{"name": "modules", "configMap": {"name": "modules"}}]
    pod["containers"][0] |= {
        "image": image,
        "command": ["seldon-core-microservice"],
        "workingDir": "/microservice",
        "env": [{"name": "MODEL_NAME", "value": class_name}],
        "volumeMounts": [{"name": "modules", "mountPath": "/microservice"}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 1},
    }
    return body


def test_the_class_of_the_guide_answers_behind_the_engine(running: Target) -> None:
    """With its parameter, at the ports that the operator chose."""
    sdep.apply(running, _manifest(running.images["runtime"], "prices", "Prices"))
    running.kubectl("wait", "sdep", "prices", "-n", NAMESPACE, "--for=condition=Ready", "--timeout=240s")
    assert sdep.first_answer(running, NAMESPACE, "prices", [[1.0, 2.0]]) == [[10.0]]
    running.kubectl("delete", "sdep", "prices", "-n", NAMESPACE)


def test_why_a_class_cannot_be_loaded_is_in_the_status(running: Target) -> None:
    sdep.apply(running, _manifest(running.images["runtime"], "broken", "Broken"))

    def told() -> bool:
        return "RuntimeError: no weights" in running.kubectl("get", "sdep", "broken", "-n", NAMESPACE, "-o", "json")

    until(told, "the status says why", 120)
    running.kubectl("delete", "sdep", "broken", "-n", NAMESPACE)
