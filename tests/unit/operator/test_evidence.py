"""What pods did is asked of each pod, and no pod that is silent or talks rubbish stops a look."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sdep.contract import METADATA_PATH
from sdep.evidence import answers
from sdep.evidence.answers import Answers
from sdep.evidence.evidence import PATH, Evidence
from sdep.operator.evidence import Asked, EvidenceDoor

SAID = Evidence(requests=3, errors=1)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """An engine that answers, beside one that answers rubbish and one that fails."""

    async def tell(request: web.Request) -> web.Response:
        if request.host.startswith("127.0.0.2"):
            return web.json_response({"requests": "many"})
        if request.host.startswith("127.0.0.3"):
            raise web.HTTPNotFound
        return web.Response(text=SAID.model_dump_json(by_alias=True), content_type="application/json")

    async def describe(request: web.Request) -> web.Response:
        if request.host.startswith("127.0.0.3"):
            raise web.HTTPNotFound
        said = {"price": {"versions": [3]}} if request.host.startswith("127.0.0.2") else {"price": {"name": "m"}}
        return web.json_response({"name": "main", "models": said, "graphinputs": []})

    async def say(request: web.Request) -> web.Response:
        if request.host.startswith("127.0.0.2"):
            raise web.HTTPNotFound
        return web.json_response(
            {"until": float(request.query["since"]) + 1, "answers": 7 if request.host.startswith("127.0.0.3") else []}
        )

    app = web.Application()
    app.router.add_get(answers.PATH, say)
    app.router.add_get(PATH, tell)
    app.router.add_get(METADATA_PATH, describe)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "0.0.0.0", 0)  # noqa: S104 - several loopback addresses
    await site.start()
    yield runner.addresses[0][1]
    await runner.cleanup()


def pod(address: str) -> dict[str, Any]:
    metadata = {"uid": address, "name": "p", "namespace": "n", "creationTimestamp": "2026-01-01T00:00:00Z"}
    return {"metadata": metadata, "status": {"podIP": address}}


async def test_only_pods_that_answer_are_told_of(port: int) -> None:
    asked = [Asked(pod(address), "canary", port) for address in ("127.0.0.1", "127.0.0.2", "127.0.0.3", "")]
    nobody = Asked(pod("127.0.0.1"), "stable", 1)
    async with aiohttp.ClientSession() as http:
        found = await EvidenceDoor(http).tell([*asked, nobody])
    assert [(told.uid, told.side, told.evidence) for told in found] == [("127.0.0.1", "canary", SAID)]


async def test_a_pod_that_answers_rubbish_about_its_models_says_nothing_of_them_and_one_that_is_away_is_told_apart(
    port: int,
) -> None:
    async with aiohttp.ClientSession() as http:
        door = EvidenceDoor(http)
        found = [
            await door.metadata(Asked(pod(address), "canary", port))
            for address in ("127.0.0.1", "127.0.0.2", "127.0.0.3", "")
        ]
        away = await door.metadata(Asked(pod("127.0.0.1"), "canary", 1))
    assert [told and told.of("price").name for told in found] == ["m", "", "", None]
    assert away is None


async def test_answers_are_asked_for_since_the_last_time_and_who_has_none_to_tell_says_nothing(port: int) -> None:
    """Another's engine has no such page, one may tell rubbish, one may be away, one may have no address yet."""
    asked = [Asked(pod(address), "canary", port) for address in ("127.0.0.1", "127.0.0.2", "127.0.0.3", "")]
    async with aiohttp.ClientSession() as http:
        found = [await EvidenceDoor(http).answers(one, 41.5) for one in [*asked, Asked(pod("127.0.0.1"), "canary", 1)]]
    assert found == [Answers(until=42.5), None, None, None, None]
