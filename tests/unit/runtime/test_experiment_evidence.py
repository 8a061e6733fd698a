"""From feedback at a real engine to a winner: what engines tell, asked over HTTP as the operator asks, decides an experiment."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from sdep.api.experiment import ExperimentSpec
from sdep.contract import ServedModel, ServedUnit
from sdep.experiment.arm import Arm
from sdep.experiment.progress import begun, looked_at
from sdep.operator.evidence import Asked, EvidenceDoor
from tests.unit.runtime.program import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.runtime.program import Running

ARMS = (Arm("main", ("m:3",), 50), Arm("other", ("m:4",), 50))
ASKED = {"goal": {"name": "correct"}, "guardrails": [{"name": "errors", "margin": 20}], "minSamples": 30}
SPEC = ExperimentSpec.model_validate(ASKED, by_alias=True, by_name=False)
NOW, LATER = "2026-01-01T00:00:00Z", "2026-01-01T00:00:30Z"


@pytest.fixture(scope="module")
def engines(root: Path) -> Iterator[dict[str, Running]]:
    def graph(version: str) -> ServedUnit:
        return ServedUnit(
            name="regression", implementation="MLFLOW_SERVER", model=ServedModel(name="m", version=version)
        )

    alone = {"SDEP_WORKERS": "1", "SDEP_GRPC_PORT": "0"}
    with running(root, graph("3"), **alone) as main, running(root, graph("4"), **alone) as other:
        yield {"main": main, "other": other}


def posted(engine: Running, what: str, body: object) -> Any:  # noqa: ANN401 - decoded JSON
    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=20)
    connection.request("POST", f"/api/v1.0/{what}", json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    found = json.loads(answer.read())
    connection.close()
    return found


def pods(engines: dict[str, Running]) -> list[Asked]:
    def pod(name: str) -> dict[str, Any]:
        metadata = {"name": name, "namespace": "default", "uid": name, "creationTimestamp": NOW}
        return {"metadata": metadata, "status": {"podIP": "127.0.0.1"}}

    return [Asked(pod(name), name, engine.port) for name, engine in engines.items()]


async def test_feedback_that_all_comes_to_one_engine_finds_the_version_that_is_right(
    engines: dict[str, Running],
) -> None:
    async with aiohttp.ClientSession() as http_session:
        door, uids = EvidenceDoor(http_session), set(engines)
        first = looked_at(SPEC, ARMS, begun(SPEC, ARMS, NOW), await door.tell(pods(engines)), uids, NOW)
        for _ in range(80):
            for name, off in (("main", 10.0), ("other", 0.0)):
                answer = posted(engines[name], "predictions", {"data": {"ndarray": [[1.0, 2.0, 3.0]]}})
                truth = {"data": {"ndarray": [answer["data"]["ndarray"][0] + off]}}
                posted(engines["main"], "feedback", {"response": answer, "truth": truth, "reward": 1})
        found = looked_at(SPEC, ARMS, first, await door.tell(pods(engines)), uids, LATER)

    assert (found.phase, found.reason, found.winner) == ("Decided", "WinnerDeclared", "other"), found.message
    told = {arm.name: (arm.requests, arm.correct, arm.incorrect, arm.rewards, arm.median_error) for arm in found.arms}
    assert told == {"main": (80, 0, 80, 80, 10.0), "other": (80, 80, 0, 80, 0.0)}
    assert found.arms[0].latency_p50 is not None
