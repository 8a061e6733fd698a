"""Models of this process that take too long, and what becomes of their threads."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sdep.contract import ServedUnit
from sdep.runtime.errors import OverdueError, UnitError
from sdep.runtime.graph.build import build
from sdep.runtime.graph.call import CALL, Call
from sdep.runtime.graph.deadline import in_time
from sdep.runtime.graph.execute import execute
from sdep.runtime.graph.lane import Lane
from sdep.runtime.graph.watch import Unmeasured, Watched
from sdep.runtime.message import Message, Meta, Payload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Client

PAYLOAD = Payload(np.ones((1, 3)), "ndarray")


class Held:
    """A model that answers when it is let go."""

    platform = "test"

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.calls = 0

    def predict(self, payload: Payload) -> Payload:
        self.calls += 1
        assert self.let_go.wait(20)
        return payload


@pytest.fixture
def held() -> Iterator[Held]:
    """Let go at the end, so that its thread ends."""
    model = Held()
    yield model
    model.let_go.set()


def _one_thread(model: Held, limit: float) -> Callable[[Payload], object]:
    lane = Lane(model, ThreadPoolExecutor(1))  # type: ignore[arg-type]  # no signature is asked for
    return in_time("m", lane.predict, limit)


async def test_overdue_calls_free_the_request_and_keep_their_thread(held: Held) -> None:
    """With one thread and three calls the first times out, the others were never made, and the next one is answered."""
    predict = _one_thread(held, 0.1)
    begin = time.perf_counter()
    answers = await asyncio.gather(*(predict(PAYLOAD) for _ in range(3)), return_exceptions=True)  # type: ignore[call-overload]
    seconds = time.perf_counter() - begin
    held.let_go.set()

    assert [type(answer) for answer in answers] == [OverdueError] * 3
    assert str(answers[0]) == "unit 'm': no answer of the model within 0.1 s"
    assert seconds < 5
    assert await predict(PAYLOAD) is PAYLOAD  # type: ignore[misc]
    assert held.calls == 2


async def test_the_clients_time_counts_too(held: Held) -> None:
    """What is left of it is the limit; where nothing is left the model is not asked."""
    predict = _one_thread(held, 60)
    CALL.set(Call(deadline=time.monotonic() + 0.05))
    with pytest.raises(OverdueError, match="within 0"):
        await predict(PAYLOAD)  # type: ignore[misc]
    with pytest.raises(OverdueError, match="the client's time was over"):
        await predict(PAYLOAD)  # type: ignore[misc]
    assert held.calls == 1


async def test_a_models_own_timeout_is_its_own() -> None:
    """A TimeoutError that a model raises is no deadline of ours."""

    async def predict(_: Payload) -> Payload:
        raise TimeoutError("its database")

    with pytest.raises(TimeoutError, match="its database"):
        await in_time("m", predict, 60)(PAYLOAD)


async def test_a_deadline_over_http(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """The mesh's own limit is answered with 504 and v1's status object, where there is no container too."""
    client = serve(unit("forest"))
    rows = [[1.0, 2.0, 3.0]] * 30_000
    answer = await client.predict({"data": {"ndarray": rows}}, x_envoy_expected_rq_timeout_ms="1")

    assert (answer.code, answer.json["status"]["reason"]) == (504, "DEADLINE_EXCEEDED")
    assert answer.json["status"]["info"].startswith("unit 'forest': ")


async def test_a_failing_sibling_frees_those_who_wait(held: Held) -> None:
    """One child that fails ends the request at once, though another one's thread goes on."""

    async def broken(_: Payload) -> Payload:
        raise UnitError("b", "broken")

    children = tuple(ServedUnit(name=name, implementation="MLFLOW_SERVER") for name in "ab")
    graph = ServedUnit(name="c", type="COMBINER", implementation="AVERAGE_COMBINER", children=children)
    lanes = {"a": _one_thread(held, 0), "b": broken}
    node = build(graph, lanes, {}, {}, lambda unit, service: Watched(Unmeasured(), unit, service))  # type: ignore[arg-type]
    begin = time.perf_counter()
    with pytest.raises(UnitError, match="broken"):
        await execute(node, Message(PAYLOAD, Meta()))

    assert time.perf_counter() - begin < 5
