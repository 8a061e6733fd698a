"""Requests through the gateway, and who answered them."""

from __future__ import annotations

import http.client
import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from demo.kubectl import Target

ROW = [75.5, 3.2, 1.18]
BODY = json.dumps({"data": {"ndarray": [ROW]}})
_COUNT = re.compile(
    r'^seldon_deployment_prediction_count\{.*?predictor_name="(?P<predictor>[^"]+)".*\} (?P<count>\S+)$', re.MULTILINE
)
_OK = 200


@dataclass
class Answers:
    """What came back: HTTP codes, and the first body of each kind of answer."""

    codes: Counter[int] = field(default_factory=Counter)
    last: dict[str, object] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        return sum(count for code, count in self.codes.items() if code != _OK)


def send(target: Target, namespace: str, name: str, requests: int, connections: int = 4) -> Answers:
    """So many predictions through the gateway over a few kept-alive connections. A broken connection counts as code 0."""
    path = f"/seldon/{namespace}/{name}/api/v1.0/predictions"
    with ThreadPoolExecutor(connections) as pool:
        parts = list(pool.map(lambda _: _client(target.gateway, path, requests // connections), range(connections)))
    total = Answers()
    for part in parts:
        total.codes += part.codes
        total.last = part.last or total.last
    return total


def answered(target: Target, namespace: str, name: str) -> Counter[str]:
    """Predictions by predictor so far, as the pods themselves count them."""
    pods = target.get("pods", "-n", namespace, "-l", f"seldon-deployment-id={name}")["items"]
    found: Counter[str] = Counter()
    for pod in pods:
        path = f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}:8000/proxy/prometheus"
        for match in _COUNT.finditer(target.kubectl("get", "--raw", path)):
            found[match["predictor"]] += int(float(match["count"]))
    return found


def split(target: Target, namespace: str, name: str, requests: int = 1000) -> tuple[Counter[str], Answers]:
    """Send requests and return how many each predictor answered (or was mirrored), and what came back."""
    before = answered(target, namespace, name)
    answers = send(target, namespace, name, requests)
    after = answered(target, namespace, name)
    return Counter({predictor: after[predictor] - before[predictor] for predictor in after}), answers


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
                answers.last = json.loads(body)
        except (OSError, http.client.HTTPException):
            answers.codes[0] += 1
            connection.close()
    connection.close()
    return answers
