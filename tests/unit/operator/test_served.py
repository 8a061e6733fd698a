"""A real MLflow server learns where its versions are served, whatever was missed meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import cast

import aiohttp
import pytest
from prometheus_client import REGISTRY

from sdep.api.status import Pin
from sdep.operator import served
from sdep.operator.decision import Decision
from sdep.operator.questions import Questions
from sdep.operator.served import Served
from sdep.operator.store import ObjectName, Store
from sdep.plan import Weights
from sdep.registry.mlflow import MlflowRegistry
from sdep.registry.resolved import Connection
from tests.registry_server import MODEL, RegistryServer

TAG = "sdep.served-by/here"
PRICES, OTHER = ("data", "prices"), ("data", "other")


def decision(version: str, weights: dict[str, int] | None = None, *, rolled_out: bool = True) -> Decision:
    """Every predictor serves this version."""
    shares = weights or {"main": 100}
    pins = {
        (name, "m"): Pin(predictor=name, unit="m", uri="u", name=MODEL, version=version, artifact_uri="a")
        for name in shares
    }
    observed = [SimpleNamespace(name=name, answers=True, rolled_out=rolled_out) for name in shares]
    plan = SimpleNamespace(pins=pins, weights=Weights(live=shares, mirror={}))
    return cast("Decision", SimpleNamespace(plan=plan, observed=observed))


class Operator:
    """One process of an operator, as far as it tells the registry. `there` are the SeldonDeployments of the cluster."""

    def __init__(self, http: aiohttp.ClientSession, connection: Connection, *there: ObjectName) -> None:
        self.connection = connection
        store = self.store = Store()
        for name in there:
            store.put_sdep({"metadata": self._metadata(name)})
        self.served = Served("here", MlflowRegistry(http, 30), cast("Questions", self), store)

    def delete(self, name: ObjectName) -> None:
        """First it is only marked, and its children go."""
        self.store.put_sdep({"metadata": {**self._metadata(name), "resourceVersion": "2", "deletionTimestamp": "now"}})
        self.served.forget(name)

    def _metadata(self, name: ObjectName) -> dict[str, str]:
        return {"namespace": name[0], "name": name[1], "uid": name[1], "resourceVersion": "1"}

    def connection_to(self, _: ObjectName, model: str) -> Connection | None:
        return self.connection if model == MODEL else None

    async def round(self) -> None:
        for connection in list(self.served._servers.values()):
            await self.served._tried(connection)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def tags(registry: RegistryServer) -> list[str | None]:
    """What versions 1 and 2 say."""
    return [(await asyncio.to_thread(registry.tags, version)).get(TAG) for version in ("1", "2")]


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("sdep_served_tags_total", {"outcome": outcome}) or 0.0


async def test_a_versions_tag_follows_what_serves_it_until_nothing_does(
    registry: RegistryServer, http: aiohttp.ClientSession
) -> None:
    operator = Operator(http, registry.connection, PRICES)
    operator.served.tell(PRICES, decision("1", {"main": 80, "canary": 20}))
    await operator.round()
    assert await tags(registry) == ["data/prices/canary=20% data/prices/main=80%", None]
    operator.served.tell(PRICES, decision("2", rolled_out=False))
    await operator.round()
    assert await tags(registry) == ["data/prices/main=80%", None]
    operator.served.tell(PRICES, decision("2"))
    await operator.round()
    assert await tags(registry) == [None, "data/prices/main=100%"]
    operator.delete(PRICES)
    await operator.round()
    assert await tags(registry) == [None, None]
    await operator.round()
    assert not operator.served._servers


async def test_what_happened_while_no_operator_ran_is_made_good_once_it_is_known(
    registry: RegistryServer, http: aiohttp.ClientSession
) -> None:
    before = Operator(http, registry.connection, PRICES, OTHER)
    before.served.tell(PRICES, decision("1"))
    before.served.tell(OTHER, decision("1"))
    await before.round()
    after = Operator(http, registry.connection, PRICES, ("data", "third"))  # OTHER was deleted meanwhile
    after.served.tell(("data", "third"), decision("2"))
    await after.round()
    assert await tags(registry) == ["data/prices/main=100%", "data/third/main=100%"]
    after.served.tell(PRICES, decision("2"))
    await after.round()
    assert await tags(registry) == [None, "data/prices/main=100% data/third/main=100%"]
    after.delete(PRICES)
    after.delete(("data", "third"))
    await after.round()


async def test_another_clusters_tag_is_left_alone(registry: RegistryServer, http: aiohttp.ClientSession) -> None:
    await asyncio.to_thread(
        registry.client.set_model_version_tag, MODEL, "1", "sdep.served-by/there", "data/prices/main=100%"
    )
    operator = Operator(http, registry.connection, PRICES)
    operator.served.tell(PRICES, decision("2"))
    await operator.round()
    operator.delete(PRICES)
    await operator.round()
    assert (await asyncio.to_thread(registry.tags, "1"))["sdep.served-by/there"] == "data/prices/main=100%"


async def test_a_registry_that_fails_is_counted_and_written_when_it_answers(
    registry: RegistryServer, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the loop that the operator runs."""
    monkeypatch.setattr(served, "_AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(served, "_GATHER_SECONDS", 0.0)
    asked: asyncio.Queue[str] = asyncio.Queue()
    real = MlflowRegistry.tagged

    async def tagged(self: MlflowRegistry, connection: Connection, key: str) -> dict[tuple[str, str], str]:
        asked.put_nowait(connection.tracking_uri)
        return await real(self, connection, key)

    monkeypatch.setattr(MlflowRegistry, "tagged", tagged)
    nobody = Connection("http://127.0.0.1:1")
    operator = Operator(http, nobody, PRICES)
    before = counted("failed")
    operator.served.tell(PRICES, decision("1"))
    running = asyncio.create_task(operator.served.run())
    async with asyncio.timeout(120):
        for _ in range(3):
            await asked.get()
        assert counted("failed") >= before + 2
        operator.connection = registry.connection
        operator.served.tell(PRICES, decision("1"))
        for _ in range(2):  # the second round begins when the first is done
            while await asked.get() != registry.url:
                pass
        assert (await tags(registry))[0] == "data/prices/main=100%"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    operator.delete(PRICES)
    await operator.round()


async def test_without_a_name_for_the_cluster_nothing_is_ever_asked(http: aiohttp.ClientSession) -> None:
    quiet = Served("", MlflowRegistry(http, 30), cast("Questions", None), Store())
    quiet.tell(PRICES, decision("1"))
    await quiet.run()
    assert not quiet._servers
