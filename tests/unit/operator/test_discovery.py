"""What is served and not watched is found, and no watch opens before the API server knows all of its kinds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from kopf._cogs.structs.references import Insights, Resource

from sdep.cluster.client import Cluster
from sdep.cluster.credentials import Credentials
from sdep.errors import TransientError
from sdep.operator import discovery
from sdep.operator.discovery import Discovery

PODS, RULES = ("", "v1", "pods"), ("networking.istio.io", "v1", "destinationrules")


class ApiServer:
    """`groups` are served: the plural names by path."""

    def __init__(self) -> None:
        self.readiness = 200
        self.groups: dict[str, list[str]] = {"/api/v1": ["pods"]}
        self.asked: list[str] = []
        self._news = asyncio.Condition()

    async def after(self, questions: int) -> None:
        async with asyncio.timeout(5), self._news:
            await self._news.wait_for(lambda: len(self.asked) >= questions)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        async with self._news:
            self.asked.append(request.path)
            self._news.notify_all()
        if request.path == "/readyz":
            return web.Response(status=self.readiness, text="ok")
        if request.path in self.groups:
            return web.json_response({"resources": [{"name": name} for name in self.groups[request.path]]})
        return web.json_response({"message": "the server could not find the requested resource"}, status=404)


@pytest.fixture
async def served() -> AsyncIterator[tuple[ApiServer, Cluster]]:
    server = ApiServer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    cluster = Cluster(Credentials(server=f"http://127.0.0.1:{runner.addresses[0][1]}"))
    yield server, cluster
    await cluster.close()
    await runner.cleanup()


@pytest.fixture
def insights(monkeypatch: pytest.MonkeyPatch) -> Insights:
    monkeypatch.setattr(discovery, "_BETWEEN_QUESTIONS_SECONDS", 0.01)
    monkeypatch.setattr(discovery, "_BETWEEN_LOOKS_SECONDS", 0.01)
    return Insights()


@pytest.mark.parametrize("refused", [200, 403, 404])
async def test_watches_wait_for_an_api_server_that_is_starting_and_not_for_one_that_may_not_say(
    served: tuple[ApiServer, Cluster], insights: Insights, refused: int
) -> None:
    server, cluster = served
    server.readiness = 500
    waiting = asyncio.create_task(Discovery(cluster, [PODS], insights).wait())
    await server.after(3)
    assert not waiting.done()
    server.readiness = refused
    await asyncio.wait_for(waiting, 5)


async def test_what_is_served_and_not_watched_ends_the_task(
    served: tuple[ApiServer, Cluster], insights: Insights
) -> None:
    server, cluster = served
    insights.watched_resources.add(Resource("", "v1", "pods"))
    insights.ready_resources.set()
    running = asyncio.create_task(Discovery(cluster, [PODS, RULES], insights).run())
    await server.after(3)
    assert not running.done(), "a kind that no CustomResourceDefinition brings is missed by nobody"
    assert set(server.asked) == {"/apis/networking.istio.io/v1"}, "what is watched need not be asked for"
    server.groups["/apis/networking.istio.io/v1"] = ["virtualservices", "destinationrules"]
    with pytest.raises(TransientError, match=r"destinationrules\.v1\.networking\.istio\.io"):
        await asyncio.wait_for(running, 5)


async def test_what_kopf_finds_by_itself_a_moment_later_ends_nothing(
    served: tuple[ApiServer, Cluster], insights: Insights
) -> None:
    server, cluster = served
    insights.ready_resources.set()
    running = asyncio.create_task(Discovery(cluster, [PODS], insights).run())
    await server.after(1)
    insights.watched_resources.add(Resource("", "v1", "pods"))
    asked = len(server.asked)
    await asyncio.sleep(0.1)
    assert not running.done()
    assert len(server.asked) <= asked + 1
    running.cancel()
