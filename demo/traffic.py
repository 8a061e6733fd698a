"""Requests through the gateway, and who answered them."""

from __future__ import annotations

import http.client
import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from demo.kubectl import Target

ROW = [75.5, 3.2, 1.18]
BODY = json.dumps({"data": {"ndarray": [ROW]}})
_COUNT = re.compile(
    r'^seldon_deployment_prediction_count\{.*?predictor_name="(?P<predictor>[^"]+)".*\} (?P<count>\S+)$', re.MULTILINE
)
_OK = 200


@dataclass
class Answers:
    """What came back."""

    codes: Counter[int] = field(default_factory=Counter)
    models: set[str] = field(default_factory=set)
    """Which models answered: `name:version`, from the answers' own `meta.requestPath`."""

    @property
    def failed(self) -> int:
        return sum(count for code, count in self.codes.items() if code != _OK)


def send(target: Target, namespace: str, name: str, requests: int, connections: int = 4) -> Answers:
    """So many predictions through the gateway over a few kept-alive connections. A broken connection counts as code 0."""
    path = _path(namespace, name)
    with ThreadPoolExecutor(connections) as pool:
        parts = list(pool.map(lambda _: _client(target.gateway, path, requests // connections), range(connections)))
    total = Answers()
    for part in parts:
        total.codes += part.codes
        total.models |= part.models
    return total


def answered(target: Target, namespace: str, name: str) -> Counter[str]:
    """Predictions by predictor so far, as the pods themselves count them."""
    pods = target.get("pods", "-n", namespace, "-l", f"seldon-deployment-id={name}")["items"]
    found: Counter[str] = Counter()
    for pod in pods:
        if not _ready(pod):
            continue
        path = f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}:8000/proxy/prometheus"
        for match in _COUNT.finditer(target.kubectl("get", "--raw", path)):
            found[match["predictor"]] += int(float(match["count"]))
    return found


def _settled(target: Target, namespace: str, name: str) -> Counter[str]:
    """The counts once they stand still: a shadow may still be at work when the last answer is back."""
    last = answered(target, namespace, name)
    while (now := answered(target, namespace, name)) != last:
        last = now
    return last


def _ready(pod: dict[str, Any]) -> bool:
    conditions = pod["status"].get("conditions", ())
    return any(found["type"] == "Ready" and found["status"] == "True" for found in conditions)


def split(target: Target, namespace: str, name: str, requests: int = 1000) -> tuple[Counter[str], Answers]:
    """Send requests and return how many each predictor answered (or was mirrored), and what came back."""
    before = answered(target, namespace, name)
    answers = send(target, namespace, name, requests)
    after = _settled(target, namespace, name)
    return Counter({predictor: after[predictor] - before[predictor] for predictor in after}), answers


def predict(target: Target, namespace: str, name: str, rows: list[list[float]]) -> list[float]:
    """One request's answer, through the gateway."""
    connection = http.client.HTTPConnection(target.gateway, timeout=10)
    body = json.dumps({"data": {"ndarray": rows}})
    connection.request("POST", _path(namespace, name), body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    if answer.status != _OK:
        raise OSError(f"{name} answers {answer.status}: {said.decode()}")
    predicted: list[float] = json.loads(said)["data"]["ndarray"]
    return predicted


def _path(namespace: str, name: str) -> str:
    return f"/seldon/{namespace}/{name}/api/v1.0/predictions"


def _client(gateway: str, path: str, requests: int) -> Answers:
    answers = Answers()
    connection = http.client.HTTPConnection(gateway, timeout=10)
    for _ in range(requests):
        try:
            connection.request("POST", path, BODY, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
            answers.codes[answer.status] += 1
            if answer.status == _OK:
                answers.models |= set(json.loads(body)["meta"].get("requestPath", {}).values())
        except (OSError, http.client.HTTPException):
            answers.codes[0] += 1
            connection.close()
    connection.close()
    return answers
