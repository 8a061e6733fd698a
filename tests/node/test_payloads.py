"""A unit's logger on a real cluster: its payloads reach a pod of somebody else's."""

from __future__ import annotations

import http.client
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.kubectl import Target, until
from tests.node import sdep
from tests.node.forward import forwarded
from tests.node.operators import CONTROLLER, operators
from tests.node.program import served

NAMESPACE = "sdep-payloads"
RECEIVER = "receiver"
ID = "named-by-the-client"
PROGRAM = Path(__file__).with_name("payload_receiver.py")


@pytest.fixture(scope="module")
def running(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    target.kubectl("create", "namespace", NAMESPACE)
    for body in served(RECEIVER, NAMESPACE, target.images["runtime"], PROGRAM):
        target.apply(json.dumps(body))
    target.kubectl("rollout", "status", f"deploy/{RECEIVER}", "-n", NAMESPACE, "--timeout=120s")
    with operators(target, NAMESPACE, tmp_path_factory.mktemp("operator"), "payloads"):
        yield target
    target.kubectl("delete", "namespace", NAMESPACE)


def answered(target: Target, name: str) -> bool:
    """Whether the gateway, which learns of a route a moment late, answers a request with our id, and with that id."""
    connection = http.client.HTTPConnection(target.gateway, timeout=10)
    path = f"/seldon/{NAMESPACE}/{name}/api/v1.0/predictions"
    headers = {"Content-Type": "application/json", "Seldon-Puid": ID}
    connection.request("POST", path, json.dumps({"data": {"ndarray": [[1.0]]}}), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status == http.client.OK and answer.getheader("seldon-puid") == ID


def seen(target: Target) -> list[tuple[str, ...]]:
    """Type, id of the request, unit and predictor of every payload."""
    with (
        forwarded(target, NAMESPACE, f"deploy/{RECEIVER}", 8080) as port,
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer,
    ):
        found = json.load(answer)
    return sorted(tuple(each[f"ce-{name}"] for name in ("type", "requestid", "modelid", "endpoint")) for each in found)


def test_a_request_and_its_response_reach_the_receiver_with_one_id(running: Target) -> None:
    """The installation's default address is a Service that does not exist here: the unit names its own."""
    logger = {"mode": "all", "url": f"http://{RECEIVER}.{NAMESPACE}/"}
    graph = {"name": "echo", "implementation": "SIMPLE_MODEL", "logger": logger}
    body = sdep.manifest("logged", {"name": "main", "graph": graph})
    body["metadata"] |= {"namespace": NAMESPACE, "labels": {"seldon.io/controller-id": CONTROLLER}}
    sdep.apply(running, body)
    running.kubectl("wait", "sdep", "logged", "-n", NAMESPACE, "--for=condition=Ready", "--timeout=240s")
    until(lambda: answered(running, "logged"), "the gateway answers")
    kinds = ("inference.request", "inference.response")
    expected = [(f"io.seldon.serving.{kind}", ID, "echo", "main") for kind in kinds]
    until(lambda: seen(running) == expected, "both payloads have come, and nothing else", 30)
