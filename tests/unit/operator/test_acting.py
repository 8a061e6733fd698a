"""What the leader alone does begins and ends at the right time, and is counted."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import REGISTRY

from sdep.errors import TransientError
from sdep.operator.acting import Acting
from sdep.operator.context import Context
from sdep.operator.election import Election
from sdep.operator.main import _measured
from sdep.operator.metrics import registry_trace, resource_of
from sdep.operator.queue import WorkQueue
from sdep.operator.reconcile import Reconciler
from sdep.operator.store import ObjectName, Store
from sdep.operator.stream import Streams
from sdep.settings import OperatorSettings

A, B = ("ns", "a"), ("ns", "b")
SETTINGS = OperatorSettings(runtime_image="r", workers=2)


class Replica:
    """The acting part with its neighbours; `listed` says that the watches have told all."""

    def __init__(self) -> None:
        self.seen: list[ObjectName] = []
        self.released = False
        self.slow = asyncio.Event()
        self.leading, self.listed = asyncio.Event(), asyncio.Event()
        self.store = Store()
        self.queue = WorkQueue(self._reconcile)
        served = SimpleNamespace(run=asyncio.Event().wait)
        context = SimpleNamespace(
            settings=SETTINGS,
            store=self.store,
            events=self,
            questions=self,
            lineage=self,
            served=served,
            calm=asyncio.Event(),
        )
        election = SimpleNamespace(leading=self.leading, release=self._release)
        self.acting = Acting(cast("Context", context), self.queue, cast("Election", election))
        self.task = asyncio.create_task(self.acting.run(cast("Streams", self)))

    async def wait_complete(self) -> None:
        await self.listed.wait()

    async def post(self, _: asyncio.Event) -> None:
        await asyncio.Event().wait()

    async def tell(self) -> None:
        await asyncio.Event().wait()

    async def refresh(self) -> set[ObjectName]:
        return set()

    async def _reconcile(self, name: ObjectName) -> None:
        await self.slow.wait()
        self.seen.append(name)

    async def _release(self) -> None:
        assert not self.queue._busy
        self.released = True

    def put(self, name: ObjectName) -> None:
        metadata = {"namespace": name[0], "name": name[1], "uid": name[1], "resourceVersion": "1"}
        self.acting.wake(self.store.put_sdep({"metadata": metadata}))


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_replica_acts_when_it_leads_and_knows_all_there_is_and_then_looks_at_everything() -> None:
    replica = Replica()
    replica.slow.set()
    replica.put(A)
    replica.put(B)
    replica.leading.set()
    await settled()
    assert (replica.seen, replica.queue.depth) == ([], 0)
    replica.listed.set()
    await settled()
    assert sorted(replica.seen) == [A, B]
    replica.put(A)
    await settled()
    assert len(replica.seen) == 3
    await replica.acting.stop()


async def test_the_lease_is_released_after_the_look_in_progress_has_ended_and_no_other_has_begun() -> None:
    replica = Replica()
    for number in range(5):
        replica.put(("ns", str(number)))
    replica.leading.set()
    replica.listed.set()
    await settled()
    stopping = asyncio.create_task(replica.acting.stop())
    await settled()
    assert not replica.released
    replica.slow.set()
    await asyncio.wait_for(stopping, 2)
    assert replica.released
    assert len(replica.seen) == SETTINGS.workers


async def test_a_look_that_hangs_keeps_nobody_from_leading() -> None:
    replica = Replica()
    replica.put(A)
    replica.leading.set()
    replica.listed.set()
    await settled()
    await asyncio.wait_for(replica.acting.stop(), 2)
    assert replica.released
    assert replica.seen == []


def _value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(
    ("failure", "reason"), [(TransientError("ApiServerError", "no"), "ApiServerError"), (KeyError("k"), "KeyError")]
)
async def test_errors_are_counted_by_their_reason(failure: Exception, reason: str) -> None:
    async def fail(_: ObjectName) -> None:
        raise failure

    reconcile = _measured(
        cast("Reconciler", SimpleNamespace(reconcile=fail)),
        cast("Election", SimpleNamespace(assert_may_act=lambda: None)),
    )
    before = _value("sdep_reconcile_errors_total", reason=reason)
    with pytest.raises(type(failure)):
        await reconcile(A)
    assert _value("sdep_reconcile_errors_total", reason=reason) == before + 1


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/api/v1/namespaces/ns/secrets/keys", "secrets"),
        ("/apis/apps/v1/namespaces/ns/deployments", "deployments"),
        ("/apis/machinelearning.seldon.io/v1/namespaces/ns/seldondeployments/a/status", "seldondeployments/status"),
        ("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/c", "validatingwebhookconfigurations"),
        ("/api/v1/namespaces/ns", "namespaces"),
        ("/version", "version"),
        ("/", ""),
    ],
)
def test_requests_are_counted_by_what_they_are_about(path: str, resource: str) -> None:
    assert resource_of(path) == resource


async def test_every_request_to_a_registry_is_counted_with_its_answer_or_as_unanswered(unused_tcp_port: int) -> None:
    async def teapot(_: web.Request) -> web.Response:
        return web.Response(status=418)

    app = web.Application()
    app.router.add_get("/", teapot)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    before = {code: _value("sdep_registry_requests_total", code=code) for code in ("418", "none")}
    async with aiohttp.ClientSession(trace_configs=[registry_trace()]) as session:
        url: Any = f"http://127.0.0.1:{unused_tcp_port}/"
        async with session.get(url):
            pass
        await runner.cleanup()
        with pytest.raises(aiohttp.ClientError):
            await session.get(url)
    assert {code: _value("sdep_registry_requests_total", code=code) - was for code, was in before.items()} == {
        "418": 1,
        "none": 1,
    }
