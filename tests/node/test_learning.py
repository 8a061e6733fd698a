"""A router that learns, in a real pod: feedback through the gateway moves it, and its container's restart forgets nothing."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.kubectl import Target, until
from tests.node import sdep
from tests.node.operators import CONTROLLER, operators

NAMESPACE = "sdep-learning"
NAME = "learning"
ROWS = {"data": {"ndarray": [[1.0, 2.0]]}}
GRAPH = {
    "name": "bandit",
    "implementation": "EPSILON_GREEDY",
    "parameters": [
        {"name": "epsilon", "value": "0.1", "type": "FLOAT"},
        {"name": "best_branch", "value": "0", "type": "INT"},
        {"name": "seed", "value": "1", "type": "INT"},
    ],
    "children": [{"name": name, "implementation": "SIMPLE_MODEL"} for name in ("poor", "good")],
}


@pytest.fixture(scope="module")
def running(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    target.kubectl("create", "namespace", NAMESPACE)
    folder: Path = tmp_path_factory.mktemp("operator")
    with operators(target, NAMESPACE, folder, "learning"):
        yield target
    target.kubectl("delete", "namespace", NAMESPACE)


def post(target: Target, path: str, body: object) -> Any:  # noqa: ANN401 - decoded JSON
    url = f"http://{target.gateway}/seldon/{NAMESPACE}/{NAME}/api/v1.0/{path}"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


def routed(target: Target, requests: int) -> list[int]:
    return [post(target, "predictions", ROWS)["meta"]["routing"]["bandit"] for _ in range(requests)]


def answers(target: Target) -> bool:
    try:
        post(target, "predictions", ROWS)
    except OSError:
        return False
    return True


def restarts(target: Target) -> int:
    pods = target.get("pods", "-n", NAMESPACE, "-l", f"seldon-deployment-id={NAME}")["items"]
    return sum(status["restartCount"] for pod in pods for status in pod["status"].get("containerStatuses", ()))


def test_feedback_moves_the_router_and_a_restart_of_its_container_forgets_nothing(running: Target) -> None:
    body = sdep.manifest(NAME, {"name": "default", "graph": GRAPH})
    body["metadata"] |= {"namespace": NAMESPACE, "labels": {"seldon.io/controller-id": CONTROLLER}}
    sdep.apply(running, body)
    running.kubectl("wait", "sdep", NAME, "-n", NAMESPACE, "--for=condition=Ready", "--timeout=240s")
    until(lambda: answers(running), "the gateway routes to the graph")
    assert sum(routed(running, 40)) < 20

    for branch, reward in ((0, 0), (1, 1), (1, 1)):
        answer = {"meta": {"routing": {"bandit": branch}}}
        post(running, "feedback", {"request": ROWS, "response": answer, "reward": reward})
    assert sum(routed(running, 40)) > 20

    (pod,) = running.get("pods", "-n", NAMESPACE, "-l", f"seldon-deployment-id={NAME}")["items"]
    stop = "import os, signal; os.kill(1, signal.SIGTERM)"
    running.kubectl("exec", "-n", NAMESPACE, pod["metadata"]["name"], "--", "python3", "-c", stop)
    until(lambda: restarts(running) == 1, "the container is started again", 90)
    running.kubectl("wait", "sdep", NAME, "-n", NAMESPACE, "--for=condition=Ready", "--timeout=120s")
    until(lambda: answers(running), "the gateway routes to the graph again")
    assert sum(routed(running, 40)) > 20
