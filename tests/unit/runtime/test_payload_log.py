"""Payload logging: CloudEvents to a real HTTP receiver, whatever state that is in."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
import pytest

from sdep.contract import ServedLogger, ServedPredictor, ServedUnit
from sdep.runtime.graph.node import Node
from sdep.runtime.message import Message, Meta, Payload
from sdep.runtime.metrics import Metrics
from sdep.runtime.payloads import delivery
from sdep.runtime.payloads.event import FEEDBACK, REQUEST, RESPONSE, PayloadEvent
from sdep.runtime.payloads.log import PayloadLog
from sdep.runtime.payloads.node import logged
from sdep.runtime.payloads.outbox import WORKERS, Bounds, Outbox
from sdep.runtime.rpc import seldon_pb2 as pb
from sdep.runtime.settings import Settings
from tests.unit.runtime.container import Container, container
from tests.unit.runtime.program import free_ports, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.runtime.conftest import Client

ROW = {"data": {"ndarray": [[0, 0, 0]]}}
COMMON = {
    "ce-specversion": "1.0",
    "ce-source": "/apis/machinelearning.seldon.io/v1/namespaces/data/seldondeployments/prices",
    "ce-inferenceservicename": "prices",
    "ce-namespace": "data",
    "ce-endpoint": "main",
    "content-type": "application/json",
}


def logger(receiver: Container, mode: str = "all") -> ServedLogger:
    return ServedLogger.model_validate({"url": f"http://127.0.0.1:{receiver.port}/payloads", "mode": mode})


def taken(_: object) -> object:
    return {}


def sent(receiver: Container) -> list[tuple[str, str, str]]:
    """Unit, type and request id of each event, in the order of their times: ten of them are on their way at once."""
    events = sorted((asked.headers for asked in receiver.asked), key=lambda headers: headers["ce-time"])
    return [(headers["ce-modelid"], headers["ce-type"], headers["ce-requestid"]) for headers in events]


async def arrived(receiver: Container, count: int) -> None:
    """Wait until so many events came, and a moment more for one too many."""
    async with asyncio.timeout(20):
        while len(receiver.asked) < count:  # noqa: ASYNC110 - it fills in another thread
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    assert len(receiver.asked) == count


async def counted(client: Client, outcome: str, count: int) -> None:
    """Wait until the metric says so."""
    wanted = f'outcome="{outcome}",predictor_name="main",predictor_version="v2"}} {float(count)}'
    async with asyncio.timeout(20):
        while wanted not in (await client.get("/prometheus")).body.decode():  # noqa: ASYNC110 - asked as Prometheus does
            await asyncio.sleep(0.01)


async def test_request_and_response_of_a_model_are_sent_with_the_id_that_the_client_reads(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit]
) -> None:
    with container(payloads=taken) as receiver:
        client = serve(unit("regression", logger=logger(receiver)))
        answer = await client.predict(ROW)
        await arrived(receiver, 2)
    puid = answer.headers["seldon-puid"]
    assert sent(receiver) == [("regression", REQUEST, puid), ("regression", RESPONSE, puid)]
    asked, answered = sorted(receiver.asked, key=lambda each: each.headers["ce-time"])
    assert asked.body["data"]["ndarray"] == [[0, 0, 0]]
    assert answered.body == answer.json
    for event in receiver.asked:
        assert COMMON.items() <= event.headers.items()
        assert datetime.fromisoformat(event.headers["ce-time"]).tzinfo is not None
    assert asked.headers["ce-id"] != answered.headers["ce-id"]


async def test_every_unit_logs_what_its_mode_says_and_nothing_twice(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit]
) -> None:
    """v1 logs a combiner's payloads, and those of a model with children, more than once."""
    with container(payloads=taken) as receiver:
        children = (
            unit("regression", logger=logger(receiver, "response")),
            unit("doubled", logger=logger(receiver, "request")),
        )
        both = {"type": "COMBINER", "implementation": "AVERAGE_COMBINER", "logger": logger(receiver)}
        client = serve(ServedUnit(name="both", children=children, **both))
        await client.predict(ROW, seldon_puid="one")
        await arrived(receiver, 4)
    assert sent(receiver)[0] == ("both", REQUEST, "one")
    assert sent(receiver)[-1] == ("both", RESPONSE, "one")
    assert set(sent(receiver)[1:3]) == {("regression", RESPONSE, "one"), ("doubled", REQUEST, "one")}


@pytest.mark.parametrize("yes", ["true", "ON", "1"])
async def test_a_request_may_ask_not_to_be_logged(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit], yes: str
) -> None:
    with container(payloads=taken) as receiver:
        client = serve(unit("regression", logger=logger(receiver)))
        await client.predict(ROW, seldon_puid="hidden", seldon_skip_logging=yes)
        await client.predict(ROW, seldon_puid="seen", seldon_skip_logging="false")
        await arrived(receiver, 2)
    assert {request for _, _, request in sent(receiver)} == {"seen"}


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (ROW, {"seldon_puid": "header", "x_request_id": "mesh"}, "header"),
        ({**ROW, "meta": {"puid": "body"}}, {"x_request_id": "mesh"}, "body"),
        (ROW, {"x_request_id": "mesh"}, "mesh"),
    ],
    ids=["header", "body", "mesh"],
)
async def test_one_id_names_a_request_to_the_client_to_containers_and_to_loggers(
    serve: Callable[..., Client], body: object, headers: dict[str, str], expected: str
) -> None:
    with container(payloads=taken, predict=lambda asked: asked) as other:
        called = {"host": "127.0.0.1", "http_port": other.port}
        client = serve(ServedUnit(name="m", logger=logger(other), **called))
        answer = await client.predict(body, **headers)
        await arrived(other, 3)
    heard = {asked.headers.get("ce-requestid", asked.headers.get("seldon-puid")) for asked in other.asked}
    assert {*heard, answer.headers["seldon-puid"]} == {expected}


async def test_an_id_is_escaped_by_the_rule_of_cloudevents(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit]
) -> None:
    with container(payloads=taken) as receiver:
        client = serve(unit("regression", logger=logger(receiver, "request")))
        await client.predict({**ROW, "meta": {"puid": '5% "b"'}})
        await arrived(receiver, 1)
    assert receiver.asked[0].headers["ce-requestid"] == "5%25%20%22b%22"


async def test_feedback_is_logged_as_it_came(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    with container(payloads=taken) as receiver:
        client = serve(unit("regression", logger=logger(receiver, "response")))
        feedback = b'{"reward": 0.5, "response": {"meta": {"puid": "one"}}}'
        await client.send("POST", "/api/v1.0/feedback", feedback)
        await arrived(receiver, 1)
    assert sent(receiver) == [("regression", FEEDBACK, "one")]
    assert receiver.asked[0].body["reward"] == 0.5


async def test_what_may_pass_is_tried_again_and_stays_the_same_event(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "PAUSES", (0.01, 0.01, 0.01))
    answers = iter([(503, {}), (500, {}), (202, {})])
    with container(payloads=lambda _: next(answers)) as receiver:
        client = serve(unit("regression", logger=logger(receiver, "request")))
        await client.predict(ROW)
        await counted(client, "delivered", 1)
    assert len({asked.headers["ce-id"] for asked in receiver.asked}) == 1
    assert len(receiver.asked) == 3


@pytest.mark.parametrize(("code", "tries"), [(400, 1), (500, 4)])
async def test_what_is_never_taken_is_counted(
    serve: Callable[..., Client],
    unit: Callable[..., ServedUnit],
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    tries: int,
) -> None:
    monkeypatch.setattr(delivery, "PAUSES", (0.01, 0.01, 0.01))
    with container(payloads=lambda _: (code, {})) as receiver:
        client = serve(unit("regression", logger=logger(receiver, "request")))
        await client.predict(ROW)
        await counted(client, "failed", 1)
    assert len(receiver.asked) == tries


async def test_a_receiver_that_hangs_holds_up_no_answer_and_the_queue_is_bounded(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit]
) -> None:
    """Ten events are on their way, five wait; of forty, twenty-five are dropped at once, and counted."""
    ending = threading.Event()
    with container(payloads=lambda _: ending.wait(30)) as receiver:
        graph = unit("regression", logger=logger(receiver, "request"))
        client = serve(graph, told={"payload_queue_size": 5, "payload_timeout_ms": 30_000})
        for number in range(WORKERS):
            assert (await client.predict(ROW)).code == 200
            await arrived(receiver, number + 1)
        answers = await asyncio.gather(*(client.predict(ROW) for _ in range(30)))
        assert {answer.code for answer in answers} == {200}
        assert len(receiver.asked) == WORKERS
        await counted(client, "dropped", 25)
        ending.set()
        await counted(client, "delivered", WORKERS + 5)


async def test_nobody_who_listens_is_a_count_and_no_error(
    serve: Callable[..., Client], unit: Callable[..., ServedUnit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "PAUSES", (0.01, 0.01, 0.01))
    nowhere = ServedLogger(url=f"http://127.0.0.1:{free_ports(1)[0]}", mode="all")
    client = serve(unit("regression", logger=nowhere))
    assert (await client.predict(ROW)).code == 200
    await counted(client, "failed", 2)


async def test_what_waits_takes_no_more_memory_than_allowed() -> None:
    outcomes: list[str] = []
    with container(payloads=lambda _: time.sleep(0.2)) as receiver:
        sender = delivery.Delivery(logger(receiver).url, {}, 5)
        outbox = Outbox("", sender, Bounds(1000, 1_000_000), lambda _, outcome: outcomes.append(outcome))
        large = b'"' + b"x" * 100_000 + b'"'
        for number in range(30):
            outbox.offer(PayloadEvent(str(number), REQUEST, "u", "r", 0, large), 100_000)
        assert outcomes == ["dropped"] * 20
        await outbox.close(20)
    assert outcomes.count("delivered") == 10
    assert len(receiver.asked) == 10


async def test_closing_ends_in_time_and_counts_what_is_left() -> None:
    outcomes: list[str] = []
    ending = threading.Event()
    with container(payloads=lambda _: ending.wait(30)) as receiver:
        sender = delivery.Delivery(logger(receiver).url, {}, 30)
        outbox = Outbox("", sender, Bounds(1000, 10**6), lambda _, outcome: outcomes.append(outcome))
        for number in range(WORKERS + 3):
            outbox.offer(PayloadEvent(str(number), REQUEST, "u", "r", 0, b"{}"), 2)
        await arrived(receiver, WORKERS)
        began = time.monotonic()
        await outbox.close(0.2)
        assert time.monotonic() - began < 5
        ending.set()
    assert outcomes == ["dropped"] * (WORKERS + 3)


async def test_a_unit_that_changes_its_input_in_place_changes_no_log() -> None:
    async def spoil(message: Message) -> Message:
        if message.payload.kind == "jsonData":
            message.payload.value["a"] = "spoilt"
        else:
            message.payload.value[:] = -1
        return message

    with container(payloads=taken) as receiver:
        graph = ServedUnit(name="m", logger=logger(receiver, "request"))
        predictor = ServedPredictor(deployment="d", namespace="n", predictor="p", graph=graph)
        log = PayloadLog(Settings(predictor), [graph], Metrics(predictor))
        enter = logged(log, Node("m", enter=spoil)).enter
        assert enter is not None
        await enter(Message(Payload(np.array([[1, 2]]), "ndarray"), Meta()))
        await enter(Message(Payload({"a": "fresh"}, "jsonData"), Meta()))
        await log.close(20)
    bodies = [asked.body for asked in receiver.asked]
    assert {"data": {"names": [], "ndarray": [[1, 2]]}, "meta": {}} in bodies
    assert {"jsonData": {"a": "fresh"}, "meta": {}} in bodies


def test_over_grpc_too_and_all_that_waits_is_sent_before_the_pod_ends(
    root: Path, unit: Callable[..., ServedUnit]
) -> None:
    """A receiver that takes 50 ms for each has most of them still to come when the pod is told to stop."""

    def slowly(_: object) -> Any:  # noqa: ANN401 - JSON
        time.sleep(0.05)
        return {}

    with container(payloads=slowly) as receiver:
        graph = unit("regression", logger=ServedLogger(mode="all"))
        endpoint = f"http://127.0.0.1:{receiver.port}/payloads"
        told = {"REQUEST_LOGGER_DEFAULT_ENDPOINT": endpoint, "SDEP_GRPC_PORT": "0", "SDEP_DRAIN_SECONDS": "0"}
        with running(root, graph, **told) as server:
            with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
                call = channel.unary_unary(
                    "/seldon.protos.Seldon/Predict",
                    request_serializer=pb.SeldonMessage.SerializeToString,
                    response_deserializer=pb.SeldonMessage.FromString,
                )
                request = pb.SeldonMessage(data=pb.DefaultData(tensor=pb.Tensor(shape=[1, 3], values=[0, 0, 0])))
                for number in range(50):
                    call(request, metadata=(("seldon-puid", f"p{number}"),), timeout=20)
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(30) == 0
    kinds = {(request, kind) for _, kind, request in sent(receiver)}
    assert kinds == {(f"p{number}", kind) for number in range(50) for kind in (REQUEST, RESPONSE)}
    assert len(receiver.asked) == 100
