"""What the leader alone does: reconcile, post events, follow the registry and what it tells."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable

from sdep.operator.context import Context
from sdep.operator.election import Election
from sdep.operator.queue import WorkQueue
from sdep.operator.store import ObjectName
from sdep.operator.stream import Streams

_LOG = logging.getLogger(__name__)
_WAIT_FOR_A_RECONCILE_SECONDS = 0.5


class Acting:
    """Begins once this replica leads and its watches have told all that there is: what is not known is never taken as gone."""

    def __init__(self, context: Context, queue: WorkQueue, election: Election) -> None:
        self._context = context
        self._queue = queue
        self._election = election
        self._begun = False
        self._told_of: set[str] = set()
        self._told = asyncio.Event()
        self._parts: asyncio.Task[None] | None = None

    def wake(self, name: ObjectName, *, first: bool = False) -> None:
        """Something happened to an object; before we act nothing need be remembered of it."""
        if self._begun:
            self._queue.add(name, first=first)

    def hear(self, model: str) -> None:
        """The registry says that something about a model is new; before we act nothing is known that could be old."""
        if self._begun:
            self._told_of.add(model)
            self._told.set()

    async def run(self, streams: Streams) -> None:
        await self._election.leading.wait()
        await streams.wait_complete()
        self._begun = True
        for name in list(self._context.store.sdeps):
            self._queue.add(name)
        _LOG.info("%d SeldonDeployments are looked at", self._queue.depth)
        self._parts = asyncio.create_task(self._all_parts())
        await self._parts

    async def stop(self) -> None:
        """End what is being done, then give the lease to who waits for it."""
        if self._begun:
            await self._queue.stop(_WAIT_FOR_A_RECONCILE_SECONDS)
        if self._parts:
            self._parts.cancel()
            await asyncio.gather(self._parts, return_exceptions=True)
        await self._election.release()

    async def _all_parts(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(self._context.settings.workers):
                group.create_task(self._queue.work(), name=f"worker {number}")
            group.create_task(self._context.events.post(self._context.calm), name="events")
            group.create_task(self._follow(), name="registry")
            group.create_task(self._heed(), name="news")
            group.create_task(self._context.lineage.tell(), name="lineage")
            group.create_task(self._context.served.run(), name="served")

    async def _follow(self) -> None:
        """Ask the registry again and again; wake those whose models moved."""
        while True:
            await asyncio.sleep(self._context.settings.resolve_interval_seconds)
            await self._wake_moved(self._context.questions.refresh())

    async def _heed(self) -> None:
        """Ask again at once about models that the registry told of: whatever it tells while we ask is asked together."""
        while True:
            await self._told.wait()
            self._told.clear()
            models, self._told_of = self._told_of, set()
            await self._wake_moved(self._context.questions.ask_about(models), first=True)

    async def _wake_moved(self, asking: Awaitable[set[ObjectName]], *, first: bool = False) -> None:
        try:
            moved = await asking
        except Exception:  # noqa: BLE001 - what one registry says must not end the operator for everybody
            _LOG.exception("the registry could not be followed; it is asked again")
            return
        for name in moved:
            self._queue.add(name, first=first)
