"""More requests than can be answered: some are refused at once, the others are answered in time."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, NamedTuple

import grpc
import pytest

from sdep.runtime.rpc import seldon_pb2 as pb
from tests.clock import on_the_clock
from tests.unit.runtime.program import Running, running
from tests.unit.runtime.slow import save_slow, slow_unit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

CALL_SECONDS, THREADS, QUEUE = 0.02, 4, 8
CAPACITY = THREADS / CALL_SECONDS
BODY = json.dumps({"data": {"ndarray": [[1.0, 2.0]]}}).encode()
REQUEST = (
    b"POST /api/v1.0/predictions HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
    % (len(BODY), BODY)
)
SECONDS = 2.0


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("slow")
    save_slow(root / "mnt/models/slow", CALL_SECONDS)
    with running(root, slow_unit("slow"), SDEP_THREADS=str(THREADS), SDEP_MAX_QUEUE=str(QUEUE)) as engine:
        yield engine


class Answer(NamedTuple):
    code: int
    headers: dict[str, str]
    body: bytes
    seconds: float


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, port: int) -> Connection:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, request: bytes = REQUEST) -> Answer:
        begin = time.perf_counter()
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await self._reader.readexactly(int(headers["content-length"]))
        return Answer(int(head[0].split()[1]), headers, body, time.perf_counter() - begin)

    async def asks(self, every: float, first: float) -> AsyncIterator[Answer]:
        """One request after the other for a while, none earlier than `every` seconds after the last, from `first` on."""
        await asyncio.sleep(first)
        end = time.perf_counter() + SECONDS
        while (begin := time.perf_counter()) < end:
            yield await self.ask()
            await asyncio.sleep(max(0.0, begin + every - time.perf_counter()))

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


async def _load(port: int, connections: int, every: float) -> list[Answer]:
    """What clients hear that begin one after the other, so that they do not all ask at the same moment."""

    async def client(first: float) -> list[Answer]:
        connection = await Connection.to(port)
        answers = [answer async for answer in connection.asks(every, first)]
        await connection.close()
        return answers

    clients = (client(every * number / connections) for number in range(connections))
    return [answer for answers in await asyncio.gather(*clients) for answer in answers]


@on_the_clock
async def test_goodput_under_four_times_the_load(slow: Running) -> None:
    """It stays within a fifth of the peak, nobody who is let in waits long, and the rest hears at once that it is too much."""
    peak = len(await _load(slow.port, THREADS, 0)) / SECONDS
    connections = 64
    answers = await _load(slow.port, connections, connections / (4 * CAPACITY))
    accepted = sorted(answer.seconds for answer in answers if answer.code == 200)
    refused = sorted(answer.seconds for answer in answers if answer.code == 429)

    assert len(accepted) + len(refused) == len(answers) > 2 * peak * SECONDS
    assert len(accepted) / SECONDS > 0.8 * peak
    assert accepted[int(0.99 * len(accepted))] < 4 * CALL_SECONDS * (THREADS + QUEUE) / THREADS
    assert refused[len(refused) // 2] < CALL_SECONDS


async def test_what_a_refused_client_is_told(slow: Running) -> None:
    """v1's status object and when to try again; probes and metrics are answered all the time, and refusals are counted."""
    clients = [await Connection.to(slow.port) for _ in range(3 * (THREADS + QUEUE))]
    probe = await Connection.to(slow.port)
    asked = [asyncio.create_task(client.ask()) for client in clients]
    ready = await probe.ask(b"GET /ready HTTP/1.1\r\nHost: h\r\n\r\n")
    refused = [answer for answer in await asyncio.gather(*asked) if answer.code != 200]
    metrics = (await probe.ask(b"GET /prometheus HTTP/1.1\r\nHost: h\r\n\r\n")).body.decode()
    for client in (*clients, probe):
        await client.close()

    assert ready.code == 200
    assert refused
    for answer in refused:
        assert (answer.code, answer.headers["retry-after"]) == (429, "1")
        status = json.loads(answer.body)["status"]
        assert (status["code"], status["reason"], status["status"]) == (429, "TOO_MANY_REQUESTS", "FAILURE")
    counted = next(line for line in metrics.splitlines() if line.startswith("sdep_runtime_refused_requests_total{"))
    assert float(counted.rpartition(" ")[2]) >= len(refused)


def test_a_refused_grpc_call(tmp_path: Path) -> None:
    """RESOURCE_EXHAUSTED, while the calls that were let in are answered."""
    save_slow(tmp_path / "mnt/models/slow", 0.5)
    message = pb.SeldonMessage(data=pb.DefaultData(tensor=pb.Tensor(shape=[1, 2], values=[1, 2])))
    with (
        running(tmp_path, slow_unit("slow"), SDEP_THREADS="1", SDEP_MAX_QUEUE="1") as engine,
        grpc.insecure_channel(f"127.0.0.1:{engine.grpc_port}") as channel,
    ):
        predict = channel.unary_unary(
            "/seldon.protos.Seldon/Predict", pb.SeldonMessage.SerializeToString, pb.SeldonMessage.FromString
        )
        calls = [predict.future(message, timeout=30) for _ in range(6)]
        codes = [call.code() for call in calls]

    assert set(codes) == {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert codes.count(grpc.StatusCode.OK) >= 2
