"""Explanations at the engine's own port: they are the explainer's, and nothing of them is kept or changed on the way."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from sdep.contract import ServedPredictor, ServedUnit
from sdep.runtime.http.ports import main_app
from sdep.runtime.lifecycle import Lifecycle
from sdep.runtime.metrics import Metrics
from sdep.runtime.remote import explainer as remote
from sdep.runtime.seldon.api import SeldonApi
from sdep.runtime.settings import Settings, read_settings
from tests.unit.runtime.conftest import Client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.unit.runtime.conftest import Answer

QUESTION = b'{"data": {"ndarray": [[75.5, 3.2, 1.18]]}}'
EXPLAINED = (200, "image/svg+xml", b"<svg/>")


class Explainer:
    """A real server that remembers what it was asked, head and body, and answers the same to all, while `free` is set."""

    def __init__(self) -> None:
        self.code, self.kind, self.body = EXPLAINED
        self.free = asyncio.Event()
        self.free.set()
        self.asked: list[bytes] = []
        self.port = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.lower().splitlines() if b"content-length" in line)
        self.asked.append(head + await reader.readexactly(length))
        await self.free.wait()
        said = f"HTTP/1.1 {self.code} X\r\ncontent-type: {self.kind}\r\ncontent-length: {len(self.body)}\r\nconnection: close\r\n\r\n"
        writer.write(said.encode() + self.body)
        writer.close()


@pytest.fixture
async def explainer() -> AsyncIterator[Explainer]:
    found = Explainer()
    server = await asyncio.start_server(found.answer, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    found.free.set()
    server.close()
    await asyncio.sleep(0)


def engine(address: str) -> Client:
    predictor = ServedPredictor(
        deployment="prices",
        namespace="shop",
        predictor="main",
        graph=ServedUnit(name="m", implementation="SIMPLE_MODEL"),
    )
    settings = Settings(predictor, explainer=address)
    metrics, lifecycle = Metrics(predictor), Lifecycle(0)
    return Client(main_app(settings, SeldonApi(predictor, metrics), lifecycle, metrics), lifecycle)


def ask(client: Client, path: str = "/api/v1.0/explain", **headers: str) -> asyncio.Task[Answer]:
    return asyncio.ensure_future(client.send("POST", path, QUESTION, content_type="application/json", **headers))


@pytest.mark.parametrize("path", ["/api/v1.0/explain", "/api/v0.1/explain", "/api/v1.0/explanations"])
async def test_what_is_asked_and_answered_passes_through(explainer: Explainer, path: str) -> None:
    """Body, kind, `Accept` and request id arrive at v1's path of the explainer; its status, kind and bytes come back."""
    client = engine(f"127.0.0.1:{explainer.port}")
    answer = await ask(client, path, accept="image/svg+xml", seldon_puid="id-1")
    assert (answer.code, answer.headers["content-type"], answer.body) == EXPLAINED
    (asked,) = explainer.asked
    assert asked.startswith(b"POST /api/v1.0/explain HTTP/1.1\r\n")
    assert asked.endswith(QUESTION)
    for header in (b"accept: image/svg+xml", b"seldon-puid: id-1", b"content-type: application/json"):
        assert header in asked.lower()


async def test_the_explainers_own_refusal_is_the_answer(explainer: Explainer) -> None:
    """Nobody else knows better why a row cannot be explained."""
    explainer.code, explainer.kind, explainer.body = 422, "application/json", b'{"status":{"info":"no such column"}}'
    answer = await ask(engine(f"127.0.0.1:{explainer.port}"))
    assert (answer.code, answer.body) == (422, explainer.body)


async def test_without_an_explainer_the_answer_says_what_to_do() -> None:
    """A name that nobody has is 404, and names the field of the manifest."""
    answer = await ask(engine("prices-main-explainer.shop.invalid:9000"))
    assert answer.code == 404
    assert "no explainer at prices-main-explainer.shop.invalid:9000" in answer.json["status"]["info"]
    assert "`explainer` in the manifest" in answer.json["status"]["info"]


async def test_an_explainer_that_takes_no_connection_is_not_there_yet() -> None:
    """503, which clients try again, and not 404: the Service has a name before its pod is ready."""
    answer = await ask(engine("127.0.0.1:1"))
    assert (answer.code, answer.json["status"]["reason"]) == (503, "NOT_READY")


async def test_nobody_waits_longer_than_the_client_does(explainer: Explainer) -> None:
    """The deadline of the mesh ends the wait with 504, well before the explainer answers."""
    explainer.free.clear()
    begin = time.monotonic()
    answer = await ask(engine(f"127.0.0.1:{explainer.port}"), x_envoy_expected_rq_timeout_ms="200")
    assert answer.code == 504
    assert time.monotonic() - begin < 10


async def test_explanations_that_wait_are_counted(explainer: Explainer, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than may wait at once are refused with 429; room is free again when those before have their answers."""
    monkeypatch.setattr(remote, "MOST_AT_ONCE", 2)
    client = engine(f"127.0.0.1:{explainer.port}")
    await ask(client)
    explainer.free.clear()
    asked = [ask(client) for _ in range(5)]
    refused = [await next(one) for one in [asyncio.as_completed(asked)] for _ in range(3)]
    assert [answer.code for answer in refused] == [429, 429, 429]
    explainer.free.set()
    assert [answer.code for answer in await asyncio.gather(*asked)].count(200) == 2
    assert (await ask(client)).code == 200


def test_the_address_needs_no_telling() -> None:
    """Every engine knows where its explainer would be, so that adding one replaces no pod; another port is told."""
    predictor = ServedPredictor(deployment="prices", namespace="shop", predictor="main", graph=ServedUnit(name="m"))
    assert Settings(predictor).explainer_address == "prices-main-explainer.shop.svc.cluster.local:9000"
    told = predictor.model_copy(update={"explainer_port": 9100, "predictor": "x" * 63})
    address = Settings(told).explainer_address
    assert address.startswith("seldon-")
    assert address.endswith(".shop.svc.cluster.local:9100")
    environment = {"SDEP_PREDICTOR": predictor.model_dump_json(), "SDEP_EXPLAINER_ADDRESS": "127.0.0.1:9000"}
    assert read_settings(environment).explainer_address == "127.0.0.1:9000"


async def test_explanations_count_as_no_predictions(explainer: Explainer) -> None:
    """Seconds of explanations would raise the percentiles that dashboards and judges read of predictions."""
    client = engine(f"127.0.0.1:{explainer.port}")
    await ask(client)
    exposed = (await client.get("/prometheus")).body.decode()
    assert not [line for line in exposed.splitlines() if "server_requests_seconds_count" in line]
    assert (await client.get("/evidence")).json["requests"] == 0
