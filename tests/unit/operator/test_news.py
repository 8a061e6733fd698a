"""A real MLflow server tells a real receiver that an alias moved, and who asks for the alias is woken long before the next poll."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import aiohttp
import pytest

from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import SeldonDeployment, parse
from sdep.cluster.client import Cluster
from sdep.operator.acting import Acting
from sdep.operator.context import Context
from sdep.operator.deliveries import PATH, Deliveries, serve
from sdep.operator.election import Election
from sdep.operator.questions import Questions
from sdep.operator.queue import WorkQueue
from sdep.operator.served import Served
from sdep.operator.store import ObjectName, Store
from sdep.operator.stream import Streams
from sdep.registry.mlflow import MlflowRegistry
from sdep.registry.resolver import Resolver
from sdep.settings import OperatorSettings
from tests.clock import on_the_clock
from tests.registry_server import MODEL, SECRET, RegistryServer

POLL_SECONDS = 600.0


def asks(name: str, uri: str) -> SeldonDeployment:
    metadata = {"name": name, "namespace": "data", "uid": name, "resourceVersion": "1"}
    spec = {"predictors": [{"name": "main", "graph": {"name": "m", "modelUri": uri}}]}
    kind = {"apiVersion": "machinelearning.seldon.io/v1", "kind": "SeldonDeployment"}
    return with_defaults(parse({**kind, "metadata": metadata, "spec": spec}))


class Leader:
    """The acting part of an operator that polls too rarely to matter; what it looked at, with the version that it found."""

    def __init__(self, registry: RegistryServer, http: aiohttp.ClientSession, *asking: SeldonDeployment) -> None:
        settings = OperatorSettings(
            runtime_image="r", mlflow_tracking_uri=registry.url, resolve_interval_seconds=POLL_SECONDS
        )
        nothing = cast("Cluster", SimpleNamespace())
        registry_door = MlflowRegistry(http, 30)
        self.questions = Questions(nothing, Resolver(registry_door), settings)
        self.asking = {sdep.key: sdep for sdep in asking}
        self.looked: list[tuple[str, str]] = []
        self.looks = asyncio.Condition()
        store = Store()
        for sdep in asking:
            store.put_sdep(sdep.to_manifest())
        self.leading = asyncio.Event()
        self.leading.set()
        self.leader_address = ""
        parts = {"settings": settings, "store": store, "events": self, "questions": self.questions, "lineage": self}
        parts["served"] = Served("", registry_door, self.questions, store)
        context = cast("Context", SimpleNamespace(**parts, calm=asyncio.Event()))
        self.acting = Acting(context, WorkQueue(self._look), cast("Election", self))

    async def wait_complete(self) -> None: ...

    async def release(self) -> None: ...

    async def post(self, _: asyncio.Event) -> None:
        await asyncio.Event().wait()

    async def tell(self) -> None:
        await asyncio.Event().wait()

    async def _look(self, name: ObjectName) -> None:
        (answer,) = (await self.questions.answers(self.asking[name])).values()
        assert answer.model, answer.fault
        async with self.looks:
            self.looked.append((name[1], answer.model.version))
            self.looks.notify_all()

    async def until_looked(self, *looks: tuple[str, str]) -> None:
        async with asyncio.timeout(30), self.looks:
            await self.looks.wait_for(lambda: set(looks) <= set(self.looked))


@pytest.fixture
async def leader(registry: RegistryServer) -> AsyncIterator[Leader]:
    async with aiohttp.ClientSession() as http:
        leader = Leader(
            registry, http, asks("follows", f"models:/{MODEL}@champion"), asks("stays", f"models:/{MODEL}/1")
        )
        running = asyncio.create_task(leader.acting.run(cast("Streams", leader)))
        await leader.until_looked(("follows", "1"), ("stays", "1"))
        yield leader
        await leader.acting.stop()
        await asyncio.gather(running, return_exceptions=True)


@on_the_clock
async def test_a_moved_alias_is_acted_upon_at_once_and_nobody_else_is_looked_at(
    registry: RegistryServer,
    leader: Leader,
    tmp_path: Path,
    unused_tcp_port: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "secret").write_text(SECRET)
    async with aiohttp.ClientSession() as http:
        deliveries = Deliveries(tmp_path, cast("Election", leader), leader.acting.hear)
        runner = await serve(deliveries, http, unused_tcp_port)
        url = f"http://127.0.0.1:{unused_tcp_port}{PATH}"
        webhook = await asyncio.to_thread(registry.tell, url, "model_version_alias.created")
        try:
            tried = await asyncio.to_thread(registry.client.test_webhook, webhook)
            assert tried.success, tried
            start = time.monotonic()
            await asyncio.to_thread(registry.move, "2")
            await leader.until_looked(("follows", "2"))
            took = time.monotonic() - start
        finally:
            await asyncio.to_thread(registry.client.delete_webhook, webhook)
            await asyncio.to_thread(registry.move, "1")
            await runner.cleanup()
    with capsys.disabled():
        print(
            f"\na moved alias was acted upon {took:.2f} s after the move began; the next poll is {POLL_SECONDS:.0f} s away"
        )
    assert took < 2
    assert [name for name, _ in leader.looked].count("stays") == 1
