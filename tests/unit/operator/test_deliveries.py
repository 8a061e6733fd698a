"""MLflow's webhooks are believed when they are signed and new, reach the leader whoever took them in, and wake who asks."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web
from mlflow.webhooks.delivery import _generate_hmac_signature
from prometheus_client import REGISTRY

from sdep.operator import deliveries
from sdep.operator.deliveries import PATH, Deliveries
from sdep.operator.election import Election
from sdep.registry.webhook import DELIVERY_ID, FRESH_SECONDS, SIGNATURE, TIMESTAMP, model_told_of

SECRET = "between-us"  # noqa: S105 - of a test
NEXT = {"secret": "the-next-one"}
MOVED = {"entity": "model_version_alias", "action": "created", "timestamp": "", "data": {"name": "price", "alias": "a"}}


class Replica:
    """A receiver at a port of its own; `leader` is who it thinks leads."""

    def __init__(self, secrets: Path, http: aiohttp.ClientSession) -> None:
        self.leading, self.leader = asyncio.Event(), ""
        self.heard: list[str] = []
        self.http = http
        self.deliveries = Deliveries(secrets, cast("Election", self), self.heard.append)
        self.runner = web.AppRunner(self.deliveries.app(http))

    @property
    def leader_address(self) -> str:
        return self.leader

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.runner.addresses[0][1]}"

    async def send(self, body: bytes | object = MOVED, secret: str = SECRET, **changed: str) -> int:
        """The status of a delivery that is signed as MLflow signs it, with some headers changed afterwards."""
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        name, at = changed.pop("id", f"id-{time.monotonic_ns()}"), changed.pop("at", str(int(time.time())))
        signed = _generate_hmac_signature(secret, name, at, text.decode())
        headers = {DELIVERY_ID: name, TIMESTAMP: at, SIGNATURE: signed, **changed}
        kept = {key: value for key, value in headers.items() if value}
        async with self.http.post(f"http://{self.address}{PATH}", data=io.BytesIO(text), headers=kept) as answer:
            return answer.status


@pytest.fixture
async def replicas(tmp_path: Path) -> AsyncIterator[tuple[Replica, Replica]]:
    """Two of them; the first leads."""
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    async with aiohttp.ClientSession() as http:
        both = Replica(tmp_path, http), Replica(tmp_path, http)
        for replica in both:
            await replica.runner.setup()
            await web.TCPSite(replica.runner, "127.0.0.1", 0).start()
        both[0].leading.set()
        both[1].leader = both[0].address
        yield both
        for replica in both:
            await replica.runner.cleanup()


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("sdep_registry_deliveries_total", {"outcome": outcome}) or 0.0


async def test_what_mlflow_signed_is_heard(replicas: tuple[Replica, Replica]) -> None:
    leader, _ = replicas
    assert await leader.send() == 204
    assert leader.heard == ["price"]


@pytest.mark.parametrize(
    "forged",
    [
        {"secret": "guessed"},
        {SIGNATURE: "v1,AAAA"},
        {SIGNATURE: "v1,\u00e9"},
        {SIGNATURE: ""},
        {TIMESTAMP: ""},
        {DELIVERY_ID: ""},
        {DELIVERY_ID: "another"},
        {TIMESTAMP: "1"},
        {"at": str(int(time.time()) - 2 * FRESH_SECONDS)},
        {"at": str(int(time.time()) + 2 * FRESH_SECONDS)},
        {"at": "soon"},
    ],
    ids=str,
)
async def test_what_nobody_signed_just_now_is_refused_and_counted(
    replicas: tuple[Replica, Replica], forged: dict[str, str]
) -> None:
    before = counted("refused")
    for replica in replicas:
        assert await replica.send(**cast("Any", forged)) == 401
    assert counted("refused") == before + 2
    assert replicas[0].heard == []


async def test_without_a_secret_nothing_is_believed(replicas: tuple[Replica, Replica], tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("")
    assert await replicas[0].send(secret="") == 401


async def test_a_secret_is_changed_without_a_gap_and_without_a_restart(
    replicas: tuple[Replica, Replica], tmp_path: Path
) -> None:
    (tmp_path / "next").write_text("the-next-one")
    assert [await replicas[0].send(), await replicas[0].send(**NEXT)] == [204, 204]
    (tmp_path / "secret").unlink()
    assert [await replicas[0].send(), await replicas[0].send(**NEXT)] == [401, 204]


async def test_a_delivery_that_comes_again_is_heard_once_and_answered_as_the_first(
    replicas: tuple[Replica, Replica],
) -> None:
    before = counted("replayed")
    assert [await replicas[0].send(id="same"), await replicas[0].send(id="same")] == [204, 204]
    assert replicas[0].heard == ["price"]
    assert counted("replayed") == before + 1


async def test_ids_are_forgotten_so_that_none_of_them_fills_the_memory(
    replicas: tuple[Replica, Replica], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "_MOST_REMEMBERED", 3)
    for _ in range(5):
        await replicas[0].send()
    assert len(replicas[0].deliveries._taken) == 3


async def test_too_long_a_body_and_what_is_no_event_are_refused(replicas: tuple[Replica, Replica]) -> None:
    assert await replicas[0].send(b"x" * (2 << 20)) == 413
    for body in (b"{", b"[]", b"7", b'{"entity": "model_version"}', b'{"entity": "model_version", "data": 7}'):
        assert await replicas[0].send(body) == 400
    assert replicas[0].heard == []


@pytest.mark.parametrize(
    ("entity", "data", "model"),
    [
        ("registered_model", {"name": "price"}, "price"),
        ("model_version", {"name": "price", "version": "3"}, "price"),
        ("model_version_tag", {"name": "price", "version": "3", "key": "stage", "value": "x"}, "price"),
        ("model_version_tag", {"name": "price", "version": "3", "key": "sdep.served-by/here", "value": "x"}, ""),
        ("prompt_alias", {"name": "price"}, ""),
        ("budget_policy", {}, ""),
    ],
)
def test_news_are_about_a_model_or_of_no_matter_here(entity: str, data: dict[str, str], model: str) -> None:
    assert model_told_of(json.dumps({"entity": entity, "data": data}).encode()) == model


async def test_who_does_not_lead_hands_a_delivery_on_and_it_is_heard_once(replicas: tuple[Replica, Replica]) -> None:
    leader, other = replicas
    assert [await other.send(id="one"), await leader.send(id="one")] == [204, 204]
    assert (leader.heard, other.heard) == (["price"], [])


async def test_mlflow_is_told_to_try_again_while_nobody_leads_and_the_next_try_is_heard(
    replicas: tuple[Replica, Replica],
) -> None:
    leader, other = replicas
    leader.leading.clear()
    leader.leader = other.address
    assert await other.send(id="one") == 503  # each thinks that the other leads: it goes round once and no further
    other.leader = ""
    assert await other.send(id="one") == 503
    other.leader = "127.0.0.1:1"
    assert await other.send(id="one") == 503
    leader.leading.set()
    other.leader = leader.address
    assert await other.send(id="one") == 204
    assert leader.heard == ["price"]
