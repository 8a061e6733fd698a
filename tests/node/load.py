"""A steady load through the gateway while something is done to what answers it, and the proof that nothing was lost."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo import traffic
from demo.kubectl import CommandError, Target, until
from tests.node.pod_lives import PodLives

PACE = 210.0
"""Requests a second: what is promised is 200."""
DRAIN_SECONDS = 5
_PROGRAM = Path(__file__).with_name("load_client.py")
_FILTER = {
    "apiVersion": "networking.istio.io/v1alpha3",
    "kind": "EnvoyFilter",
    "metadata": {"name": "who-answered", "namespace": "istio-system"},
    "spec": {
        "workloadSelector": {"labels": {"istio": "ingressgateway"}},
        "configPatches": [
            {
                "applyTo": "ROUTE_CONFIGURATION",
                "match": {"context": "GATEWAY"},
                "patch": {
                    "operation": "MERGE",
                    "value": {
                        "response_headers_to_add": [
                            {
                                "header": {"key": "x-answered-by", "value": "%UPSTREAM_HOST%"},
                                "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
                            }
                        ]
                    },
                },
            }
        ],
    },
}
"""The gateway tells the address of the pod that answered."""


@dataclass(frozen=True)
class Answer:
    """What one request met, and when: it was due, sent, answered. `by` is the pod's address; status 0 is a broken connection."""

    due: float
    sent: float
    came: float
    status: int
    by: str
    models: tuple[str, ...]
    failure: str


class Load:
    """The load while it runs, and its answers so far."""

    def __init__(self, file: Path, pods: PodLives) -> None:
        self.began = time.time()
        self._file = file
        self._pods = pods
        self._read = 0
        self._answers: list[Answer] = []

    def answers(self, since: float = 0.0, until_: float = float("inf")) -> list[Answer]:
        """Those to requests that were sent in a span of time."""
        with self._file.open() as file:
            file.seek(self._read)
            while (line := file.readline()).endswith("\n"):
                self._read = file.tell()
                self._answers.append(_answer(line))
        return [answer for answer in self._answers if since <= answer.sent < until_]

    @contextmanager
    def unharmed(self) -> Iterator[None]:
        """Assert that no request of this block failed, and that none was answered by a pod that should not."""
        since = time.time()
        yield
        now = time.time()
        until(lambda: bool(self.answers(now)), "the load goes on", 60)
        self.assert_unharmed(self.answers(since, now))

    def assert_unharmed(self, answers: Sequence[Answer]) -> None:
        failed = [answer for answer in answers if answer.status != 200]
        assert not failed, f"{len(failed)} of {len(answers)} failed, first {failed[0]}; {_kinds(failed)}"
        self._pods.look()
        unready = [answer for answer in answers if not self._pods.was_ready(answer.by, answer.came)]
        assert not unready, f"{len(unready)} of {len(answers)} came from pods that were not ready, first {unready[0]}"
        late = [
            answer for answer in answers if self._pods.seconds_after_its_end(answer.by, answer.sent) > DRAIN_SECONDS
        ]
        assert not late, f"{len(late)} of {len(answers)} went to pods that were told to go long before, first {late[0]}"

    def shares(self, since: float, until_: float = float("inf")) -> Counter[str]:
        """How many requests of a span each predictor answered."""
        return Counter(self._pods.predictor(answer.by) for answer in self.answers(since, until_))

    def first_of(self, predictor: str, since: float) -> float | None:
        """When the first request was sent that this predictor answered."""
        return next((one.sent for one in self.answers(since) if self._pods.predictor(one.by) == predictor), None)

    def models(self, since: float) -> set[str]:
        """Which models answered the requests since then: `name:version`."""
        return {model for answer in self.answers(since) for model in answer.models}

    def wait_for(self, requests: int, since: float) -> None:
        """Until so many of the requests since then have come back."""
        until(lambda: len(self.answers(since)) >= requests, f"{requests} requests are answered", 60 + requests / PACE)


@contextmanager
def steady(target: Target, namespace: str, name: str, file: Path) -> Iterator[Load]:
    """The load on one SeldonDeployment, which is ready already, for as long as the block runs."""
    target.apply(json.dumps(_FILTER))
    try:
        until(lambda: _says_who(target, namespace, name), "the gateway says who answered")
        path = f"/seldon/{namespace}/{name}/api/v1.0/predictions"
        command = [sys.executable, str(_PROGRAM), target.gateway, path, traffic.BODY, str(PACE), str(file)]
        with PodLives.watched(target, namespace, name) as pods, subprocess.Popen(command) as process:
            try:
                load = Load(file, pods)
                until(lambda: file.exists() and bool(load.answers()), "the first answer comes", 30)
                yield load
            finally:
                process.terminate()
    finally:
        target.kubectl("delete", "envoyfilter", "who-answered", "-n", "istio-system", "--ignore-not-found")


def _says_who(target: Target, namespace: str, name: str) -> bool:
    address = f"http://{target.gateway}/seldon/{namespace}/{name}/api/v1.0/predictions"
    command = ("curl", "-s", "-D", "-", "-o", "/dev/null", "-H", "Content-Type: application/json", "-d", traffic.BODY)
    try:
        return "x-answered-by: 1" in target.run(*command, address)
    except CommandError:
        return False


def _answer(line: str) -> Answer:
    said = json.loads(line)
    return Answer(**{**said, "models": tuple(said["models"])})


def _kinds(failed: Sequence[Answer]) -> dict[str, int]:
    return dict(Counter(f"{answer.status} {answer.failure}" for answer in failed).most_common(5))
