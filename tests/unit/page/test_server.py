"""The page's answers, and what it tells while somebody listens."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from sdep.errors import TransientError
from sdep.operator.page.feed import Feed
from sdep.operator.store import Store
from tests.unit.page.cluster import STARTED, canary, deployment, ensemble
from tests.unit.page.serving import serving

_PATIENCE_SECONDS = 20


@pytest_asyncio.fixture
async def http(address: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(address) as session:
        yield session


async def next_event(stream: aiohttp.StreamReader) -> dict[str, Any]:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            line = await stream.readline()
            assert line, "the stream ended"
            if line.startswith(b"data: "):
                return dict(json.loads(line.removeprefix(b"data: ")))


async def test_the_list_is_sorted_and_says_since_when_it_is_watched(http: aiohttp.ClientSession) -> None:
    async with http.get("/api/sdeps") as answer:
        told = await answer.json()
    assert [found["name"] for found in told["items"]] == ["ensemble", "prices", "volumes"]
    assert told["since"] == STARTED


async def test_what_is_there_before_the_page_begins_has_its_first_point(http: aiohttp.ClientSession) -> None:
    async with http.get("/api/sdeps/models/prices") as answer:
        told = await answer.json()
    assert [weight["routed"] for weight in told["samples"][0]["weights"]] == [75, 25]
    assert told["view"]["rollout"]["phase"] == "Progressing"


async def test_what_is_asked_again_after_a_change_is_new(http: aiohttp.ClientSession, store: Store) -> None:
    async def ready_pods() -> list[int]:
        async with http.get("/api/sdeps/models/prices") as answer:
            predictors = (await answer.json())["view"]["predictors"]
        return [found["deployments"][0]["available"] for found in predictors]

    assert await ready_pods() == await ready_pods() == [1, 1]
    store.put_child(deployment("prices", "canary", "price", available=0, version=2))
    assert await ready_pods() == [1, 0]


async def test_what_is_not_there_is_said_with_its_name(http: aiohttp.ClientSession) -> None:
    async with http.get("/api/sdeps/models/nothing") as answer:
        assert answer.status == 404
        assert "'nothing' in namespace models" in (await answer.json())["message"]


async def test_a_status_that_cannot_be_read_is_an_answer_and_no_crash(
    http: aiohttp.ClientSession, store: Store
) -> None:
    body = canary(version=2)
    body["status"]["models"] = [{"uri": 7}]
    store.put_sdep(body)
    async with http.get("/api/sdeps/models/prices") as answer:
        assert answer.status == 422
        assert (await answer.json())["reason"] == "StatusUnreadable"


async def test_every_answer_forbids_scripts_of_others_and_frames(http: aiohttp.ClientSession) -> None:
    for path in ("/", "/main.js", "/page.css", "/api/sdeps", "/nothing"):
        async with http.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "script-src 'self'" in policy, path
            assert "frame-ancestors 'none'" in policy, path
            assert "unsafe" not in policy, path


async def test_every_file_that_the_page_names_is_served(http: aiohttp.ClientSession) -> None:
    seen: set[str] = set()
    waiting = {"/"}
    while waiting:
        path = waiting.pop()
        seen.add(path)
        async with http.get(path) as answer:
            assert answer.status == 200, path
            text = await answer.text()
        named = re.findall(r'(?:href|src)="([\w.]+)"|from "\./([\w.]+)"', text)
        waiting |= {f"/{name}" for pair in named for name in pair if name} - seen
    assert len(seen) > 8


async def test_a_listener_is_told_of_a_change_with_the_new_line(http: aiohttp.ClientSession, store: Store) -> None:
    async with http.get("/events") as stream:
        store.put_sdep(canary(share=50, version=2))
        told = await next_event(stream.content)
    assert (told["name"], told["line"]["traffic"]) == ("prices", "main 50, canary 50")


async def test_a_listener_is_told_of_a_child_and_of_what_is_gone(http: aiohttp.ClientSession, store: Store) -> None:
    async with http.get("/events") as stream:
        store.put_child(deployment("prices", "main", "price", version=2))
        assert (await next_event(stream.content))["name"] == "prices"
        store.drop_sdep(ensemble())
        assert await next_event(stream.content) == {"namespace": "models", "name": "ensemble", "line": None}


async def test_many_changes_of_one_object_are_told_once() -> None:
    feed = Feed()
    with feed.listening() as listener:
        for _ in range(1000):
            feed.tell(("models", "prices"))
        feed.tell(("models", "ensemble"))
        assert await listener.changed() == {("models", "prices"), ("models", "ensemble")}


async def test_no_more_may_listen_than_there_is_room_for() -> None:
    feed = Feed(most=1)
    with feed.listening(), pytest.raises(TransientError, match="1 browsers"), feed.listening():
        pass
    with feed.listening():
        pass


async def test_a_page_that_ends_does_not_wait_for_who_listens(store: Store) -> None:
    async with aiohttp.ClientSession() as http, AsyncExitStack() as ending:
        _, address = await ending.enter_async_context(serving(store))
        async with http.get(f"{address}/events") as stream, asyncio.timeout(5):
            await ending.aclose()
            while await stream.content.readline():
                pass


async def test_a_browser_that_goes_away_is_forgotten(store: Store) -> None:
    async with serving(store) as (page, address), aiohttp.ClientSession(address) as http:
        async with http.get("/events") as stream:
            assert page.listeners == 1
            stream.close()
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while page.listeners:
                await (await http.get("/api/sdeps")).read()
