"""Leadership: what a replica does about the lease, and that two replicas never lead at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdep.cluster.client import Cluster
from sdep.cluster.outage import Outage
from sdep.errors import InvalidError, TransientError
from sdep.operator import lease
from sdep.operator.election import Election
from sdep.operator.lease import Step
from sdep.render.manifest import Key
from sdep.settings import OperatorSettings
from tests.clock import on_the_clock

ME, OTHER = "me", "other"
AT = "2030-01-01T00:00:00.000000Z"


def held_by(who: str, version: int = 1) -> dict[str, Any]:
    body = lease.held(lease.new("ns", "id"), who, 15, AT)
    return {**body, "metadata": {**body["metadata"], "resourceVersion": str(version)}}


def test_the_first_of_all_creates_the_lease() -> None:
    assert lease.next_step(None, None, 0, ME) is Step.CREATE


def test_a_lease_that_names_nobody_is_taken_at_once() -> None:
    free = lease.released(held_by(OTHER), AT)
    assert lease.next_step(free, lease.sighting(free, None, 0), 0, ME) is Step.TAKE


def test_who_leads_renews() -> None:
    assert lease.next_step(held_by(ME), None, 0, ME) is Step.RENEW


@given(st.floats(0, 1000), st.floats(0, 100))
def test_a_lease_of_another_is_taken_only_after_it_stood_still_before_our_eyes_for_its_whole_duration(
    first: float, later: float
) -> None:
    seen = lease.sighting(held_by(OTHER), None, first)
    again = lease.sighting(held_by(OTHER), seen, first + later)
    expected = Step.TAKE if (first + later) - first > 15 else Step.WAIT
    assert lease.next_step(held_by(OTHER), again, first + later, ME) is expected


def test_a_renewal_is_seen_as_new_whatever_the_clock_of_the_other_says() -> None:
    seen = lease.sighting(held_by(OTHER, 1), None, 0)
    assert lease.next_step(held_by(OTHER, 2), lease.sighting(held_by(OTHER, 2), seen, 100), 100, ME) is Step.WAIT


def test_transitions_count_changes_of_the_holder_alone() -> None:
    first = lease.held(lease.new("ns", "id"), ME, 15, AT)
    renewed = lease.held(first, ME, 15, AT)
    taken = lease.held(renewed, OTHER, 15, AT)
    assert [body["spec"]["leaseTransitions"] for body in (first, renewed, taken)] == [0, 0, 1]


class MemoryCluster:
    """One object with optimistic locking, and an API server that can go away."""

    def __init__(self) -> None:
        self.body: dict[str, Any] | None = None
        self.version = 0
        self.down = False
        self.outage = Outage()

    async def get(self, _: Key) -> dict[str, Any] | None:
        self._answer()
        return self.body

    async def create(self, _: Key, body: dict[str, Any]) -> dict[str, Any]:
        self._answer()
        if self.body is not None:
            raise InvalidError("Refused", "already exists")
        return self._store(body)

    async def replace(self, _: Key, body: dict[str, Any]) -> dict[str, Any]:
        self._answer()
        if body["metadata"]["resourceVersion"] != str(self.version):
            raise InvalidError("Refused", "the object has been modified")
        return self._store(body)

    def _answer(self) -> None:
        if self.down:
            raise TransientError("ApiServerUnreachable", "gone")

    def _store(self, body: dict[str, Any]) -> dict[str, Any]:
        self.version += 1
        self.body = {**body, "metadata": {**body["metadata"], "resourceVersion": str(self.version)}}
        return self.body


def replica(cluster: MemoryCluster, name: str) -> Election:
    settings = OperatorSettings(
        runtime_image="r", leader_election=True, pod_name=name, lease_seconds=1, renew_seconds=0.6, retry_seconds=0.05
    )
    return Election(cast("Cluster", cluster), settings)


async def test_one_of_two_leads_and_the_other_follows_at_once_when_the_lease_is_released() -> None:
    cluster = MemoryCluster()
    first, second = replica(cluster, "a"), replica(cluster, "b")
    running = asyncio.create_task(first.run())
    await asyncio.wait_for(first.leading.wait(), 2)
    waiting = asyncio.create_task(second.run())
    await asyncio.sleep(0.2)
    assert not second.leading.is_set()
    running.cancel()
    await first.release()
    async with asyncio.timeout(0.5):
        await second.leading.wait()
    waiting.cancel()


async def test_a_leader_that_fell_silent_is_followed_after_its_lease_and_must_not_act_any_more_by_then() -> None:
    cluster = MemoryCluster()
    first, second = replica(cluster, "a"), replica(cluster, "b")
    running = asyncio.create_task(first.run())
    await asyncio.wait_for(first.leading.wait(), 2)
    running.cancel()  # killed: nothing is released
    waiting = asyncio.create_task(second.run())
    await asyncio.wait_for(second.leading.wait(), 5)
    with pytest.raises(TransientError, match="not renewed in time"):
        first.assert_may_act()
    second.assert_may_act()
    waiting.cancel()


@on_the_clock
async def test_a_leader_that_can_not_renew_ends_before_anybody_else_may_lead() -> None:
    cluster = MemoryCluster()
    leader = replica(cluster, "a")
    running = asyncio.create_task(leader.run())
    await asyncio.wait_for(leader.leading.wait(), 2)
    start = asyncio.get_running_loop().time()
    cluster.down = True
    with pytest.raises(TransientError, match="could not be renewed"):
        await asyncio.wait_for(running, 5)
    assert asyncio.get_running_loop().time() - start < 1


async def test_a_leader_outlives_an_api_server_that_is_away_for_less_than_the_deadline() -> None:
    cluster = MemoryCluster()
    leader = replica(cluster, "a")
    running = asyncio.create_task(leader.run())
    await asyncio.wait_for(leader.leading.wait(), 2)
    cluster.down = True
    await asyncio.sleep(0.3)
    cluster.down = False
    version = cluster.version
    async with asyncio.timeout(2):
        while cluster.version == version:  # noqa: ASYNC110 - the cluster signals nothing
            await asyncio.sleep(0.01)
    leader.assert_may_act()
    assert not running.done()
    running.cancel()


async def test_a_lease_that_somebody_else_wrote_to_is_read_again_and_kept() -> None:
    cluster = MemoryCluster()
    leader = replica(cluster, "a")
    running = asyncio.create_task(leader.run())
    await asyncio.wait_for(leader.leading.wait(), 2)
    assert cluster.body is not None
    cluster._store({**cluster.body, "metadata": {**cluster.body["metadata"], "labels": {"by": "somebody"}}})
    version = cluster.version
    async with asyncio.timeout(2):
        while cluster.version == version:  # noqa: ASYNC110 - the cluster signals nothing
            await asyncio.sleep(0.01)
    assert cluster.body["spec"]["holderIdentity"] == leader.me
    assert cluster.body["metadata"]["labels"] == {"by": "somebody"}
    running.cancel()


async def test_a_leader_whose_lease_another_holds_ends() -> None:
    cluster = MemoryCluster()
    leader = replica(cluster, "a")
    running = asyncio.create_task(leader.run())
    await asyncio.wait_for(leader.leading.wait(), 2)
    assert cluster.body is not None
    cluster._store(lease.held(cluster.body, OTHER, 15, AT))
    with pytest.raises(TransientError, match="other leads now"):
        await asyncio.wait_for(running, 2)


def test_a_lease_says_how_long_it_was_not_renewed_unless_it_was_given_back() -> None:
    later = datetime(2030, 1, 1, 0, 0, 12, tzinfo=UTC)
    assert lease.unrenewed_seconds(held_by(OTHER), later) == 12
    assert lease.unrenewed_seconds(lease.released(held_by(OTHER), AT), later) == 0
    assert lease.unrenewed_seconds(None, later) == 0


def test_the_lease_says_where_its_holder_is_reached_and_never_where_another_was() -> None:
    first = lease.held(lease.new("ns", "id"), OTHER, 15, AT, "10.0.0.1:8091")
    assert lease.leader_address(first) == "10.0.0.1:8091"
    assert lease.leader_address(lease.released(first, AT)) == ""
    assert lease.leader_address(lease.held(first, ME, 15, AT)) == ""
    assert lease.leader_address(None) == ""
    noted = {**first, "metadata": {**first["metadata"], "annotations": {"team": "a"}}}
    assert lease.held(noted, ME, 15, AT)["metadata"]["annotations"] == {"team": "a"}


@pytest.mark.parametrize(("ip", "address"), [("10.0.0.1", "10.0.0.1:8091"), ("fd00::1", "[fd00::1]:8091"), ("", "")])
def test_a_replica_is_reached_by_its_pods_address(ip: str, address: str) -> None:
    settings = OperatorSettings(runtime_image="r", mlflow_webhook_port=8091, pod_address=ip)
    assert settings.webhook_address == address
