"""Leadership by a Kubernetes Lease: one replica acts, the others are warm and wait."""

from __future__ import annotations

import asyncio
import logging
import uuid
from datetime import UTC, datetime
from typing import Any

from sdep.cluster.client import Cluster
from sdep.errors import SdepError, TransientError
from sdep.operator import lease
from sdep.operator.lease import Sighting, Step
from sdep.operator.metrics import LEADER
from sdep.render.manifest import Key
from sdep.settings import OperatorSettings

_LOG = logging.getLogger(__name__)
_LONGEST_PAUSE_OF_A_FOLLOWER = 0.5
"""A look is one small GET, and how soon a released lease is noticed is how long nobody leads."""


class Election:
    """`leading` is set once and for all: a leader that loses its lease ends the process, for another starts to act."""

    def __init__(self, cluster: Cluster, settings: OperatorSettings) -> None:
        self._cluster = cluster
        self._settings = settings
        self._key = Key("coordination.k8s.io/v1", "Lease", settings.pod_namespace, settings.leader_election_id)
        self.me = f"{settings.pod_name or 'sdep'}_{uuid.uuid4().hex[:8]}"
        self._address = settings.webhook_address
        self.leading = asyncio.Event()
        self._lease: dict[str, Any] | None = None
        self._seen: Sighting | None = None
        self._renewed = 0.0

    async def run(self) -> None:
        """Campaign, then renew, for ever. Raises TransientError when the lease can not be kept."""
        if not self._settings.leader_election:
            self._lead()
            await asyncio.Event().wait()
        while not self.leading.is_set():
            if await self._attempt():
                self._lead()
            else:
                await asyncio.sleep(min(self._settings.retry_seconds, _LONGEST_PAUSE_OF_A_FOLLOWER))
        while True:
            await asyncio.sleep(self._settings.retry_seconds)
            await self._renew()

    @property
    def leader_address(self) -> str:
        """Where the leader takes in what others hand on, as it was said at the last look; "" where that is not known."""
        return lease.leader_address(self._lease)

    def assert_may_act(self) -> None:
        """Raise TransientError where somebody else may lead by now, as after this process stood still for a while."""
        if self._settings.leader_election and not self._is_fresh():
            raise TransientError("LeaseLost", "the lease was not renewed in time, so nothing is done any more")

    async def release(self) -> None:
        """Give the lease back at once; to be called when nothing acts any more."""
        if self._lease is None or not self._is_fresh():
            return
        try:
            await self._cluster.replace(self._key, lease.released(self._lease, _timestamp()))
            _LOG.info("the lease %s is released", self._key.name)
        except SdepError as error:
            _LOG.warning("the lease %s was not released, so the next leader waits: %s", self._key.name, error.message)

    async def _renew(self) -> None:
        deadline = self._renewed + self._settings.renew_seconds
        while True:
            try:
                patience = self._settings.renew_seconds / 2  # a connection that hangs leaves time for another
                async with asyncio.timeout(min(patience, max(deadline - _now(), 0))):
                    if await self._attempt():
                        return
            except TimeoutError:
                self._lease = None
            if self._lease and (self._lease["spec"].get("holderIdentity") or "") not in {"", self.me}:
                raise TransientError("LeaseLost", f"{self._lease['spec']['holderIdentity']} leads now")
            if _now() >= deadline:
                message = f"the lease could not be renewed for {self._settings.renew_seconds:.0f} s"
                raise TransientError("LeaseLost", message)
            await asyncio.sleep(min(0.5, self._settings.retry_seconds))

    async def _attempt(self) -> bool:
        """Look, and hold the lease where we may. Another writer between look and write is noticed: it is a lost race."""
        try:
            if not self.leading.is_set() or self._lease is None:
                await self._look()
            return await self._step()
        except SdepError as error:
            level = logging.WARNING if self.leading.is_set() else logging.INFO
            _LOG.log(level, "the lease %s: %s", self._key.name, error.message)
            self._lease = None
            return False

    async def _look(self) -> None:
        self._lease = await self._cluster.get(self._key)
        if self._seen is None:  # a leader that ended since it could not renew tells nobody how long that was
            self._cluster.outage.presume(lease.unrenewed_seconds(self._lease, datetime.now(UTC)), _now())
        self._seen = lease.sighting(self._lease, self._seen, _now())

    async def _step(self) -> bool:
        started = _now()
        step = lease.next_step(self._lease, self._seen, started, self.me)
        if step is Step.WAIT:
            return False
        body = self._lease or lease.new(self._key.namespace, self._key.name)
        body = lease.held(body, self.me, self._settings.lease_seconds, _timestamp(), self._address)
        write = self._cluster.create if step is Step.CREATE else self._cluster.replace
        self._lease = await write(self._key, body)
        self._renewed = started
        return True

    def _is_fresh(self) -> bool:
        return self.leading.is_set() and _now() - self._renewed < self._settings.renew_seconds

    def _lead(self) -> None:
        self.leading.set()
        LEADER.set(1)
        _LOG.info("%s leads", self.me)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _timestamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
