"""Routers that learn: from feedback, through the API, across restarts, and beside each other."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from sdep.contract import ServedUnit
from sdep.runtime.errors import LoadError
from sdep.runtime.learning import router
from sdep.runtime.learning.policy import EpsilonGreedy, Record, ThompsonSampling
from sdep.runtime.learning.router import learning_router
from sdep.runtime.learning.store import Store
from tests.unit.runtime.program import running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Client
    from sdep.runtime.learning.policy import Policy

ASKED = {"data": {"ndarray": [[1.0], [2.0]]}}


def _dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - throws that repeat


def _bandit(implementation: str = "EPSILON_GREEDY", name: str = "bandit", **parameters: object) -> ServedUnit:
    given = [{"name": key, "value": str(value), "type": "STRING"} for key, value in parameters.items()]
    children = [{"name": child, "implementation": "SIMPLE_MODEL"} for child in ("poor", "good", "fair")]
    body = {"name": name, "type": "ROUTER", "implementation": implementation, "parameters": given}
    return ServedUnit.model_validate({**body, "children": children})


async def _reward(client: Client, response: object, reward: float, **more: object) -> Any:  # noqa: ANN401 - an answer
    body = {"request": ASKED, "response": response, "reward": reward, **more}
    return await client.send("POST", "/api/v1.0/feedback", json.dumps(body).encode())


def _known(text: str) -> dict[str, tuple[float, float]]:
    """Trials and mean reward by branch, as Prometheus reads them."""
    found: dict[str, dict[str, float]] = {"trials": {}, "mean_reward": {}}
    for what, branch, value in re.findall(r'^router_branch_(\w+)\{.*branch="(\w+)".*\} (\S+)$', text, re.MULTILINE):
        found[what][branch] = float(value)
    return {branch: (trials, found["mean_reward"][branch]) for branch, trials in found["trials"].items()}


@pytest.mark.parametrize("policy", [EpsilonGreedy(0.1, 0, _dice(3)), ThompsonSampling(_dice(3))])
def test_the_better_arm_is_found(policy: Policy) -> None:
    """Where branches succeed in 30, 70 and 50 of 100 cases, the second gets most requests, though nobody says which it is."""
    world, records, chosen = _dice(7), [Record()] * 3, Counter[int]()
    for _ in range(2000):
        branch = policy.choose(records)
        won = world.random() < (0.3, 0.7, 0.5)[branch]
        records[branch] = records[branch].plus(Record(won, 1))
        chosen[branch] += 1

    assert chosen[1] > 1500
    assert all(chosen[branch] > 10 for branch in range(3))


def test_epsilon_is_the_share_of_other_branches() -> None:
    """The best branch gets all but epsilon of the requests, the others the rest in equal parts."""
    policy = EpsilonGreedy(0.4, None, _dice(1))
    drawn = Counter(policy.choose([Record(1, 4), Record(3, 4), Record(0, 0)]) for _ in range(4000))

    assert drawn[1] == pytest.approx(2400, abs=130)
    assert drawn[0] == pytest.approx(800, abs=110)


def test_the_first_best_branch_is_the_named_one() -> None:
    """Until there is feedback `best_branch` counts as the best; without it no branch is."""
    nothing = [Record()] * 3
    named = EpsilonGreedy(0, 2, _dice(1))
    any_one = EpsilonGreedy(0, None, _dice(1))

    assert {named.choose(nothing) for _ in range(50)} == {2}
    assert {any_one.choose(nothing) for _ in range(50)} == {0, 1, 2}


async def test_feedback_teaches_the_router(serve: Callable[..., Client]) -> None:
    """Answers say which branch they came from; sent back with rewards, they move the traffic and the gauges."""
    client = serve(_bandit(name="taught", epsilon=0.05, seed=5))
    world = _dice(2)
    for _ in range(150):
        answer = (await client.predict(ASKED)).json
        good = world.random() < (0.2, 0.9, 0.5)[answer["meta"]["routing"]["taught"]]
        assert (await _reward(client, answer, float(good))).code == 200
    routed = Counter([(await client.predict(ASKED)).json["meta"]["routing"]["taught"] for _ in range(100)])
    known = _known((await client.get("/prometheus")).body.decode())

    assert routed[1] > 80
    assert sum(trials for trials, _ in known.values()) == 2 * 150
    assert known["good"][1] == pytest.approx(0.9, abs=0.1)


async def test_rewards_are_shares_of_rows(serve: Callable[..., Client]) -> None:
    """A reward of 0.75 for two rows is one and a half successes; what lies outside of 0 to 1 is cut."""
    client = serve(_bandit("THOMPSON_SAMPLING", "shares", branch_names="a:b:c"))
    for reward, branch in ((0.75, 0), (-3, 1), (17, 2)):
        await _reward(client, {"meta": {"routing": {"shares": branch}}}, reward)

    known = _known((await client.get("/prometheus")).body.decode())
    assert known == {"a": (2, 0.75), "b": (2, 0), "c": (2, 1)}


@pytest.mark.parametrize(
    ("routing", "sentence"),
    [
        ({}, "does not say which child 'lost' chose"),
        ({"lost": 3}, "'lost' has no child 3"),
        ({"lost": -3}, "'lost' has no child -3"),
        ({"lost": 0.5}, "the branch of 'lost' must be an integer"),
        ({"lost": 1e308 * 10}, "not JSON"),
    ],
)
async def test_feedback_of_nowhere(serve: Callable[..., Client], routing: dict[str, Any], sentence: str) -> None:
    """Feedback that names no branch of the router is refused with the reason, and teaches nothing."""
    client = serve(_bandit(name="lost"))
    answer = await _reward(client, {"meta": {"routing": routing}}, 1)

    assert answer.code == 400
    assert sentence in answer.json["status"]["info"]
    assert {trials for trials, _ in _known((await client.get("/prometheus")).body.decode()).values()} == {0}


async def test_feedback_below_a_router(serve: Callable[..., Client]) -> None:
    """Only the bandits on the way of the answer learn."""
    inner = [_bandit("THOMPSON_SAMPLING", name) for name in ("left", "right")]
    graph = ServedUnit(name="top", type="ROUTER", implementation="SIMPLE_ROUTER", children=tuple(inner))
    client = serve(graph)
    answer = (await client.predict(ASKED)).json
    await _reward(client, answer, 1)
    text = (await client.get("/prometheus")).body.decode()
    trials = {
        name: sum(
            float(value)
            for value in re.findall(rf'^router_branch_trials{{.*model_name="{name}".*}} (\S+)$', text, re.MULTILINE)
        )
        for name in ("left", "right")
    }

    assert answer["meta"]["routing"].keys() == {"top", "left"}
    assert trials == {"left": 2, "right": 0}


def test_what_was_learned_survives_the_process(tmp_path: Path) -> None:
    """A process that is killed right after it answered a feedback has kept it; the next one routes by it at once."""
    graph = _bandit(epsilon=0)
    for lives in (1, 2):
        with running(tmp_path, graph) as program:
            feedback = {"request": ASKED, "response": {"meta": {"routing": {"bandit": 1}}}, "reward": 1}
            program.post("/api/v1.0/feedback", feedback)
            routed = {program.post("/api/v1.0/predictions", ASKED)["meta"]["routing"]["bandit"] for _ in range(20)}
            program.process.kill()
        assert routed == {1}
        assert Store(_folder(tmp_path)).others() == {
            "poor": Record(),
            "good": Record(2 * lives, 2 * lives),
            "fair": Record(),
        }
    with running(tmp_path, graph) as program:
        routed = {program.post("/api/v1.0/predictions", ASKED)["meta"]["routing"]["bandit"] for _ in range(20)}
    assert routed == {1}


def _folder(root: Path) -> Path:
    return root / "mnt" / "state" / "d" / "p" / "unit-bandit"


async def test_replicas_on_one_volume_learn_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one of two hears the other knows after a look at the files, and what both say is counted once."""
    monkeypatch.setattr(router, "FRESH_SECONDS", -1)
    one, other = (learning_router(_bandit(epsilon=0), tmp_path) for _ in range(2))
    await asyncio.gather(*(one.learn(2, 1.0, 1) for _ in range(10)), other.learn(0, 0.0, 3))
    for each in (one, other):
        while each.records != [Record(0, 3), Record(), Record(10, 10)]:
            each.choose()
            await asyncio.sleep(0)

    assert one.choose() == other.choose() == 2
    assert _count(tmp_path) == 2


def _count(folder: Path) -> int:
    return len(list(folder.iterdir()))


def test_a_file_that_cannot_be_read_costs_only_itself(tmp_path: Path) -> None:
    """Rubbish on the volume is said in the log and does not keep a router from what else is there."""
    Store(tmp_path).write({"good": Record(1, 2)})
    for number, body in enumerate((b"{", b"[]", b'{"branches": {"good": 1}}', b'{"branches": {"good": ["x", 1]}}')):
        (tmp_path / f"bad-{number}.json").write_bytes(body)

    assert Store(tmp_path).others() == {"good": Record(1, 2)}


async def test_a_volume_that_cannot_be_written(tmp_path: Path) -> None:
    """The router learns all the same, for as long as its process lives."""
    (tmp_path / "file").write_text("")
    found = learning_router(_bandit(epsilon=0, verbose="true"), tmp_path / "file" / "below")
    await found.learn(1, 1.0, 1)

    assert found.choose() == 1


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"epsilon": "1.5"}, "parameter 'epsilon' must lie between 0 and 1, and is '1.5'"),
        ({"n_branches": "2"}, "parameter 'n_branches' must be the number of children, 3, and is '2'"),
        ({"best_branch": "3"}, "parameter 'best_branch' must be the number of a child, 0 to 2, and is '3'"),
        ({"branch_names": "a:b"}, "parameter 'branch_names' must hold 3 names"),
    ],
)
def test_wrong_parameters(serve: Callable[..., Client], parameters: dict[str, str], sentence: str) -> None:
    """A router with parameters that do not fit does not start, and says which of them it is."""
    with pytest.raises(LoadError, match=re.escape(f"unit 'bandit': {sentence}")):
        serve(_bandit(**parameters))
