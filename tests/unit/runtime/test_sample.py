"""Single answers that are kept to be compared: which, for how long, and what of them."""

from __future__ import annotations

import asyncio
import contextvars
import time
import timeit
import urllib.request
import uuid
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
import pytest

from sdep.contract import ServedModel, ServedUnit
from sdep.evidence.answers import EVERY, MOST_ROWS, PATH, Answers, Row, key_of
from sdep.runtime.evidence.first_rows import first_rows
from sdep.runtime.evidence.sample import MOST, WINDOW_SECONDS, Sample
from sdep.runtime.message import Payload
from sdep.runtime.rpc import seldon_pb2 as pb
from tests.clock import on_the_clock
from tests.unit.runtime.program import running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.runtime.conftest import Client

SELDON = "/api/v1.0/predictions"
ROW = {"data": {"ndarray": [[1.0, 2.0, 3.0]]}}


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def ids(number: int) -> list[bytes]:
    return [str(uuid.UUID(int=place * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128)).encode() for place in range(number)]


def array(*rows: Any) -> Payload:  # noqa: ANN401 - cells
    return Payload(np.array(rows), "ndarray")


@pytest.mark.parametrize(
    ("payload", "rows"),
    [
        (array([2.5]), [Row(None, 2.5)]),
        (array([0.25, 0.75], [0.5, 0.125]), [Row("1", 0.75), Row("0", 0.5)]),
        (array(["up"], ["down"]), [Row("up", None), Row("down", None)]),
        (Payload(np.array([["up", 0.5]], dtype=object), "ndarray"), [Row("up", 0.5)]),
        (Payload([True, False], "jsonData"), [Row("true", None), Row("false", None)]),
        (Payload({"a": 1}, "jsonData"), []),
        (array([float("nan")]), [Row(None, None)]),
    ],
)
def test_each_row_is_a_label_and_a_number(payload: Payload, rows: list[Row]) -> None:
    """Text and booleans are labels, of several numbers the greatest is the number and its place the label."""
    assert list(first_rows(payload)) == rows


def test_of_many_rows_the_first_are_kept_and_of_long_text_a_part_that_tells_it_from_others() -> None:
    """An answer of any size takes the same little room, and two long texts that begin alike do not agree."""
    assert len(first_rows(array(*[[1.0]] * 50))) == MOST_ROWS
    one, other = first_rows(array(["a" * 500 + "b"], ["a" * 500 + "c"]))
    assert one.label != other.label
    assert max(len(one.label or ""), len(other.label or "")) <= 64


def test_two_that_are_asked_differently_often_keep_the_same_requests() -> None:
    """What is below the lower threshold is kept by both, whatever else each was asked."""
    clock = Clock()
    busy, calm = Sample(clock), Sample(clock)
    every = ids(20 * MOST)
    for place, request_id in enumerate(every):
        busy.request(request_id, 200, 0.01)
        if place % 10 == 0:
            calm.request(request_id, 200, 0.02)
    told, few = busy.answers(), calm.answers()
    assert told.below < few.below
    assert len(told.answers) <= MOST
    copied = {key_of(request_id) for request_id in every[::10]}
    shared = {one.key for one in few.answers if one.hash < told.below}
    assert shared == {one.key for one in told.answers} & copied
    assert len(shared) > 5


def test_answers_are_told_for_one_window_and_forgotten_after_two() -> None:
    """Whoever looks once in a window misses nothing, and nothing stays for ever."""
    clock = Clock()
    sample = Sample(clock)
    sample.request(b"one", 200, 0.01)
    clock.now += WINDOW_SECONDS + 1
    sample.request(b"two", 200, 0.01)
    assert {one.key for one in sample.answers().answers} == {key_of(b"one"), key_of(b"two")}
    clock.now += WINDOW_SECONDS
    assert {one.key for one in sample.answers().answers} == {key_of(b"two")}
    clock.now += 3 * WINDOW_SECONDS
    assert sample.answers() == Answers(until=clock.now)


def test_the_threshold_rises_again_and_is_told_as_long_as_it_left_something_out() -> None:
    """After a burst all requests are kept again, and what was told of the burst says that it is not all."""
    clock = Clock()
    sample = Sample(clock)
    for request_id in ids(5 * MOST):
        sample.request(request_id, 200, 0.01)
    low = sample.answers().below
    assert low < EVERY
    clock.now += WINDOW_SECONDS
    assert sample.answers().below == low
    for _ in range(40):
        clock.now += WINDOW_SECONDS
        sample.answers()
    assert sample.answers().below == EVERY


def test_a_failure_has_no_rows_and_no_request_without_an_id_is_kept() -> None:
    """An earlier prediction of the same task is not taken for the answer; nobody could pair what has no id."""
    sample = Sample(Clock())

    def ask() -> None:
        sample.predicted(array([2.5]))
        sample.request(b"good", 200, 0.01)
        sample.request(b"bad", 503, 0.01)
        sample.request(b"", 200, 0.01)

    contextvars.copy_context().run(ask)
    found = {one.key: (one.code, one.rows) for one in sample.answers().answers}
    assert found == {key_of(b"good"): (200, (Row(None, 2.5),)), key_of(b"bad"): (503, ())}


async def answers(client: Client, since: float = 0.0) -> Answers:
    return Answers.model_validate_json((await client.send("GET", PATH, query=f"since={since!r}".encode())).body)


async def test_requests_at_once_keep_what_each_was_answered(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit]
) -> None:
    """The answer is found under the mesh's id, else the client's; `since` leaves out what was told."""
    client = serve(unit("regression"))

    async def ask(number: int) -> None:
        name = f"id-{number}"
        headers = {"x_request_id": name, "seldon_puid": "same"} if number % 2 else {"seldon_puid": name}
        assert (await client.predict({"data": {"ndarray": [[float(number), 0.0, 0.0]]}}, **headers)).code == 200

    await asyncio.gather(*(ask(number) for number in range(20)))
    assert (await client.send("POST", SELDON, b"{", x_request_id="wrong")).code == 400
    assert (await client.predict(ROW)).code == 200
    found = await answers(client)
    told = {one.key: round(one.rows[0].number or 0) if one.rows else one.code for one in found.answers}
    assert told == {**{key_of(f"id-{number}".encode()): number + 4 for number in range(20)}, key_of(b"wrong"): 400}
    assert all(0 < one.seconds < 10 for one in found.answers)
    assert (await answers(client, found.until)).answers == ()
    assert (await client.send("GET", PATH, query=b"since=yesterday")).code == 400


def test_all_workers_of_a_pod_tell_together_and_grpc_does_as_http(root: Path) -> None:
    """One question to one worker is answered for all; the id of a call over gRPC is in its metadata."""
    graph = ServedUnit(name="regression", implementation="MLFLOW_SERVER", model=ServedModel(name="m", version="3"))
    with running(root, graph, SDEP_WORKERS="2") as engine:
        request = pb.SeldonMessage(data=pb.DefaultData(tensor=pb.Tensor(shape=[1, 3], values=[1.0, 2.0, 3.0])))
        for number in range(6):  # each over a connection of its own, and so to workers in turn
            with grpc.insecure_channel(f"127.0.0.1:{engine.grpc_port}") as channel:
                call = channel.unary_unary("/seldon.protos.Seldon/Predict", type(request).SerializeToString, bytes)
                call(request, timeout=20, metadata=(("x-request-id", f"id-{number}"),))
        deadline, found = time.monotonic() + 20, Answers()
        while len(found.answers) < 6 and time.monotonic() < deadline:
            with urllib.request.urlopen(f"http://127.0.0.1:{engine.port}{PATH}", timeout=20) as told:
                found = Answers.model_validate_json(told.read())
    said = {one.key: [round(row.number or 0) for row in one.rows] for one in found.answers}
    assert said == {key_of(f"id-{number}".encode()): [18] for number in range(6)}


@on_the_clock
def test_a_request_that_is_not_kept_costs_next_to_nothing() -> None:
    """The budget is 3 µs of processor time; of five measurements the quickest counts."""
    sample, answer, request_id = Sample(), array([0.25, 0.75]), ids(2)[1]
    for filling in ids(40 * MOST):
        sample.request(filling, 200, 0.01)

    def ask() -> None:
        sample.predicted(answer)
        sample.request(request_id, 200, 0.01)

    assert min(timeit.repeat(ask, timer=time.process_time, number=10_000, repeat=5)) / 10_000 < 3e-6
