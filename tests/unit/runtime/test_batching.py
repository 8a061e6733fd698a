"""Adaptive batching: one call for the rows of many requests, and nobody is the worse for it."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sdep.contract import ServedParameter
from sdep.runtime.errors import BadDataError, LoadError
from sdep.runtime.graph.batch import BatchLane, Limits, limits
from sdep.runtime.message import Payload
from sdep.runtime.servers.signature import UNKNOWN
from tests.clock import on_the_clock
from tests.unit.runtime.conftest import model_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.runtime.conftest import Client

CALL_SECONDS = 0.01


class PerCall:
    """A model whose calls cost the same however many rows they have; it refuses negative values."""

    platform = "test"
    signature = UNKNOWN

    def __init__(self, answer: Callable[[Any], Any] = lambda rows: rows.sum(axis=1)) -> None:
        self.rows: list[int] = []
        self.free = threading.Event()
        self.free.set()
        self._answer = answer

    def predict(self, payload: Payload) -> Payload:
        self.free.wait(10)
        self.rows.append(len(payload.value))
        time.sleep(CALL_SECONDS)
        if (payload.value < 0).any():
            raise BadDataError("negative")
        return payload.answered(self._answer(payload.value))


@pytest.fixture(name="threads")
def _threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def _lane(model: PerCall, threads: ThreadPoolExecutor, rows: int = 64, seconds: float = 0) -> BatchLane:
    return BatchLane(model, threads, Limits(rows, seconds), lambda _: None)


def _rows(*numbers: float, names: tuple[str, ...] = ()) -> Payload:
    return Payload(np.array([[number, 1.0] for number in numbers]), "ndarray", names)


async def test_what_waits_goes_together(threads: ThreadPoolExecutor) -> None:
    """While one call runs the others gather; each request gets its own rows' answers, in its own kind."""
    model = PerCall()
    lane = _lane(model, threads)
    model.free.clear()
    asked = [_rows(number, 10 * number) for number in range(1, 9)]
    tasks = [asyncio.create_task(lane.predict(payload)) for payload in asked]
    await asyncio.sleep(0)
    model.free.set()
    answers = await asyncio.gather(*tasks)

    assert [answer.value.tolist() for answer in answers] == [[n + 1.0, 10 * n + 1.0] for n in range(1, 9)]
    assert sum(model.rows) == 16
    assert len(model.rows) <= 2


async def test_one_bad_row_fails_its_own_request_only(threads: ThreadPoolExecutor) -> None:
    """A batch that fails is asked again one by one."""
    model = PerCall()
    lane = _lane(model, threads)
    asked = [lane.predict(_rows(number)) for number in (1, -1, 2)]
    good, bad, other = await asyncio.gather(*asked, return_exceptions=True)

    assert isinstance(bad, BadDataError)
    assert (good.value.tolist(), other.value.tolist()) == ([2.0], [3.0])
    assert model.rows == [3, 1, 1, 1]


async def test_only_the_like_go_together(threads: ThreadPoolExecutor) -> None:
    """Other names, widths, types or params are batches of their own; no batch has more rows than it may."""
    model = PerCall()
    lane = _lane(model, threads, rows=4)
    wide = Payload(np.ones((1, 3)), "ndarray")
    whole = Payload(np.ones((1, 2), dtype=np.int64), "ndarray")
    told = _rows(1)._replace(params={"threshold": 0.5})
    asked = [_rows(1), wide, whole, _rows(1, names=("a", "b")), told, _rows(2), _rows(3, 4), _rows(5)]
    answers = await asyncio.gather(*(lane.predict(payload) for payload in asked))

    assert [answer.value.tolist() for answer in answers] == [[2.0], [3.0], [2], [2.0], [2.0], [3.0], [4.0, 5.0], [6.0]]
    assert sorted(model.rows) == [1, 1, 1, 1, 1, 4]


async def test_a_model_that_answers_with_something_else(threads: ThreadPoolExecutor) -> None:
    """Where there is no row for each row, every request is asked alone, from then on without waiting for others."""
    model = PerCall(answer=lambda rows: {"rows": len(rows)})
    lane = _lane(model, threads)
    for _ in range(2):
        answers = await asyncio.gather(*(lane.predict(_rows(*range(n))) for n in (1, 2)))
        assert [answer.value for answer in answers] == [{"rows": 1}, {"rows": 2}]

    assert sorted(model.rows) == [1, 1, 2, 2, 3]


async def test_waiting_for_others_has_an_end(threads: ThreadPoolExecutor) -> None:
    """`max_batch_time` gathers what arrives in that time; a full batch does not wait for it."""
    model = PerCall()
    lane = _lane(model, threads, rows=3, seconds=0.2)
    begin = time.monotonic()
    first = asyncio.create_task(lane.predict(_rows(1)))
    await asyncio.sleep(0.01)
    await asyncio.gather(first, lane.predict(_rows(2)))
    assert model.rows == [2]
    assert time.monotonic() - begin >= 0.2
    slow = _lane(model, threads, rows=3, seconds=60)
    await asyncio.wait_for(asyncio.gather(*(slow.predict(_rows(n)) for n in range(3))), 10)
    assert model.rows == [2, 3]


async def test_a_request_that_nobody_waits_for(threads: ThreadPoolExecutor) -> None:
    """One that was cancelled before its batch left is not predicted."""
    model = PerCall()
    lane = _lane(model, threads, seconds=0.05)
    left = asyncio.create_task(lane.predict(_rows(1)))
    stays = asyncio.create_task(lane.predict(_rows(2)))
    await asyncio.sleep(0)
    left.cancel()

    assert (await stays).value.tolist() == [3.0]
    assert model.rows == [1]


@on_the_clock
async def test_throughput_of_a_model_that_costs_by_the_call(threads: ThreadPoolExecutor) -> None:
    """64 requests take a few calls' time; without batching 4 threads need 16."""
    model = PerCall()
    lane = _lane(model, threads)
    begin = time.monotonic()
    await asyncio.gather(*(lane.predict(_rows(number)) for number in range(64)))

    assert len(model.rows) <= 3
    assert time.monotonic() - begin < 16 * CALL_SECONDS


async def test_a_served_model_batches(serve: Callable[..., Client]) -> None:
    """The unit's parameter switches it on, answers are as ever, and the sizes of batches are measured."""
    parameter = ServedParameter(name="max_batch_size", value="8", type="INT")
    client = serve(model_unit("regression", parameters=(parameter,)))
    bodies = [{"data": {"ndarray": [[float(n), 0, 0]]}} for n in range(5)]
    answers = await asyncio.gather(*(client.predict(body) for body in bodies))

    assert [round(answer.json["data"]["ndarray"][0]) for answer in answers] == [4, 5, 6, 7, 8]
    metrics = (await client.get("/prometheus")).body.decode()
    assert "sdep_runtime_batch_rows_sum{" in metrics


@pytest.mark.parametrize(
    ("name", "value", "type_"), [("max_batch_size", "x", "STRING"), ("max_batch_time", "-1", "FLOAT")]
)
def test_parameters_that_say_nothing(name: str, value: str, type_: str) -> None:
    """The model is not loaded, and the reason names the parameter."""
    unit = model_unit("m", parameters=(ServedParameter(name=name, value=value, type=type_),))
    with pytest.raises(LoadError, match=name):
        limits(unit)
