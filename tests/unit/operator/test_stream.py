"""kopf's real watches against an API server in memory whose streams can be cut: nothing is missed, and silence is noticed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from aiohttp import web
from kopf._cogs.structs.references import Insights

from sdep.cluster.client import Cluster
from sdep.cluster.credentials import Credentials
from sdep.operator import stream
from sdep.operator.discovery import Discovery
from sdep.operator.health import Health
from sdep.operator.main import _watch
from sdep.operator.queue import WorkQueue
from sdep.operator.store import ObjectName, Store
from sdep.operator.stream import Streams
from sdep.operator.watch import Watches
from sdep.settings import OperatorSettings

SETTINGS = OperatorSettings(runtime_image="r", namespaces=("ns",), istio_enabled=False)
RESOURCES = {
    "/api/v1": [("namespaces", "Namespace"), ("pods", "Pod"), ("services", "Service")],
    "/apis/apps/v1": [("deployments", "Deployment")],
    "/apis/machinelearning.seldon.io/v1": [("seldondeployments", "SeldonDeployment")],
}
OWNER = {
    "apiVersion": "machinelearning.seldon.io/v1",
    "kind": "SeldonDeployment",
    "name": "a",
    "uid": "a",
    "controller": True,
}


class MemoryApi:
    """Lists and watches as the Kubernetes API does them. `expired` lets no watch be resumed: 410, as after a long cut."""

    def __init__(self) -> None:
        self.version = 1
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        self.watchers: dict[str, asyncio.Queue[dict[str, Any] | None]] = {}
        self.expired = self.refusing = self.starting = False
        self.asked_whether_ready = 0

    def put(self, plural: str, name: str, **metadata: object) -> None:
        self.version += 1
        kind = next(kind for kinds in RESOURCES.values() for known, kind in kinds if known == plural)
        self.objects[plural, name] = {
            "kind": kind,
            "apiVersion": "apps/v1" if kind == "Deployment" else "v1",
            "metadata": {
                "name": name,
                "namespace": "ns",
                "uid": name,
                "resourceVersion": str(self.version),
                **metadata,
            },
        }

    def cut(self) -> None:
        """End every stream, with nothing said."""
        for watcher in self.watchers.values():
            watcher.put_nowait(None)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self.refusing:
            return web.Response(status=500)
        if request.path == "/readyz":
            self.asked_whether_ready += 1
            return web.Response(status=500 if self.starting else 200, text="ok")
        found = self._discovery(request.path)
        if found is not None:
            return web.json_response(found)
        plural = request.path.rsplit("/", 1)[-1]
        if "watch" in request.query:
            return await self._watch(request, plural)
        items = [body for (known, _), body in self.objects.items() if known == plural]
        return web.json_response({"metadata": {"resourceVersion": str(self.version)}, "items": items})

    async def _watch(self, request: web.Request, plural: str) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        if self.expired and int(request.query["resourceVersion"]) < self.version:
            gone = {"type": "ERROR", "object": {"kind": "Status", "code": 410}}
            await answer.write(json.dumps(gone).encode() + b"\n")
            return answer
        queue = self.watchers[plural] = asyncio.Queue()
        while (event := await queue.get()) is not None:
            await answer.write(json.dumps(event).encode() + b"\n")
        return answer

    def _discovery(self, path: str) -> dict[str, Any] | None:
        if path in RESOURCES:
            verbs = ["list", "watch", "patch", "get"]
            resources = [
                {"name": plural, "kind": kind, "namespaced": plural != "namespaces", "verbs": verbs, "singularName": ""}
                for plural, kind in RESOURCES[path]
            ]
            return {"resources": resources}
        groups = [path.split("/")[2] for path in RESOURCES if path.startswith("/apis/") and not self.starting]
        return {
            "/version": {"gitVersion": "v1.35.0"},
            "/api": {"versions": ["v1"]},
            "/apis": {"groups": [_group(name) for name in groups]},
            **{f"/apis/{name}": _group(name) for name in groups},
        }.get(path)


def _group(name: str) -> dict[str, Any]:
    version = {"groupVersion": f"{name}/v1", "version": "v1"}
    return {"name": name, "preferredVersion": version, "versions": [version]}


class Watched:
    """The operator's watches of the memory API server."""

    def __init__(self, credentials: Credentials, disconnect: Callable[[], Awaitable[None]]) -> None:
        self.disconnect = disconnect
        self.store = Store()
        self.woken: list[ObjectName] = []
        self.insights = Insights()
        self.watches = Watches(SETTINGS, credentials, self.store, self._wake)
        self.streams = Streams(self.insights, self.watches.listed, self.watches.seen)
        self.cluster = Cluster(credentials)

    def _wake(self, name: ObjectName, **_: object) -> None:
        self.woken.append(name)


@asynccontextmanager
async def watched(api: MemoryApi) -> AsyncIterator[Watched]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", api.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    credentials = Credentials(server=f"http://127.0.0.1:{port}", token="t")  # noqa: S106 - nobody checks it
    made = Watched(credentials, runner.cleanup)
    with made.streams.attached():
        discovery = Discovery(made.cluster, made.watches.resources, made.insights)
        task = asyncio.create_task(_watch(SETTINGS, made.watches, discovery, made.insights, asyncio.Event()))
        try:
            async with asyncio.timeout(10):
                if api.starting:
                    await until(lambda: api.asked_whether_ready > 1)
                    assert not made.streams.complete()
                    api.starting = False
                await made.streams.wait_complete()
            yield made
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await made.cluster.close()
            await runner.cleanup()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is awaited is state, not an event
            await asyncio.sleep(0.01)


async def test_what_was_deleted_while_its_watch_was_cut_is_dropped_and_its_owner_is_woken() -> None:
    api = MemoryApi()
    api.put("seldondeployments", "a")
    api.put("seldondeployments", "b")
    api.put("deployments", "a-default", ownerReferences=[OWNER])
    api.put("pods", "a-pod", labels={"seldon-deployment-id": "a"})
    async with watched(api) as made:
        await until(
            lambda: made.store.pods(("ns", "a")) and made.store.children(("ns", "a")) and len(made.store.sdeps) == 2
        )
        for lost in (("deployments", "a-default"), ("pods", "a-pod"), ("seldondeployments", "b")):
            del api.objects[lost]
        api.version += 1
        api.expired = True
        made.woken.clear()
        api.cut()
        await until(lambda: not made.store.children(("ns", "a")) and not made.store.pods(("ns", "a")))
        await until(lambda: ("ns", "b") not in made.store.sdeps)
        assert ("ns", "a") in made.store.sdeps
        assert {("ns", "a"), ("ns", "b")} <= set(made.woken)


async def test_an_api_server_that_is_starting_and_knows_few_of_its_kinds_hides_nothing() -> None:
    api = MemoryApi()
    api.put("seldondeployments", "a")
    api.starting = True
    async with watched(api) as made:
        await until(lambda: made.store.sdeps)


async def test_a_listing_that_was_broken_off_does_not_hide_what_went_before_the_next() -> None:
    api = MemoryApi()
    api.put("seldondeployments", "a")
    async with watched(api) as made:
        await until(lambda: made.store.sdeps)
        api.refusing = True
        api.cut()
        await asyncio.sleep(0.3)
        api.objects.clear()
        api.version += 1
        api.expired, api.refusing = True, False
        await until(lambda: not made.store.sdeps)


async def test_a_silent_watch_is_an_ailment_while_the_api_server_answers_and_none_while_it_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def reconcile(_: ObjectName) -> None: ...

    api = MemoryApi()
    async with watched(api) as made:
        health = Health(made.cluster, made.store, WorkQueue(reconcile), made.streams)
        assert await health.ailments() == []
        monkeypatch.setattr("sdep.operator.health.SILENT_AT_MOST_SECONDS", 0.2)
        await until(lambda: min(made.streams.silent_seconds().values()) > 0.2)
        assert any("seldondeployments in ns is silent" in ailment for ailment in await health.ailments())
        bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(api.version)}}}
        for queue in api.watchers.values():
            queue.put_nowait(bookmark)
        await until(lambda: max(made.streams.silent_seconds().values()) < 0.2)
        assert await health.ailments() == []
        await made.disconnect()
        await until(lambda: min(made.streams.silent_seconds().values()) > 0.2)
        assert await health.ailments() == []


async def test_a_replica_is_ready_when_every_watch_has_told_all_there_is_and_not_before() -> None:
    insights = Insights()
    streams = Streams(insights, lambda *_: None, lambda *_: False)
    assert not streams.complete()
    assert stream.SILENT_AT_MOST_SECONDS > 70
    async with watched(MemoryApi()) as made:
        assert made.streams.complete()
        assert len(made.streams.silent_seconds()) == 4
