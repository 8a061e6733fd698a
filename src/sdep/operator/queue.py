"""The queue of SeldonDeployments to look at: each is in it once and worked on by one worker at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count

from sdep.operator.store import ObjectName

_LOG = logging.getLogger(__name__)
_LONGEST_BACKOFF_SECONDS = 30.0

Reconcile = Callable[[ObjectName], Awaitable[float | None]]
"""Does what there is to do for one object; a number asks for another look after so many seconds."""


class WorkQueue:
    """Wakes are merged: however many things happen to an object while it waits, it is looked at once.

    What users ask comes before what Kubernetes tells: a changed weight does not wait for the news of a thousand others.
    `calm` is set while nothing waits that users asked for.
    """

    def __init__(self, reconcile: Reconcile, calm: asyncio.Event | None = None) -> None:
        self._reconcile = reconcile
        self._calm = calm or asyncio.Event()
        self._calm.set()
        self._ready: asyncio.PriorityQueue[tuple[bool, int, ObjectName]] = asyncio.PriorityQueue()
        self._numbers = count()
        self._first: set[ObjectName] = set()
        self._queued: set[ObjectName] = set()
        self._busy: set[ObjectName] = set()
        self._again: set[ObjectName] = set()
        self._timers: dict[ObjectName, asyncio.TimerHandle] = {}
        self._failures: dict[ObjectName, int] = {}
        self._stopping = False
        self._idle = asyncio.Event()

    def add(self, name: ObjectName, *, first: bool = False) -> None:
        """Look at this object as soon as a worker is free, or before all that are not `first`."""
        if timer := self._timers.pop(name, None):
            timer.cancel()
        if name in self._busy:
            self._again.add(name)
        elif name not in self._queued or (first and name not in self._first):
            self._queued.add(name)
            self._ready.put_nowait((not first, next(self._numbers), name))
        if first:
            self._first.add(name)
            self._calm.clear()

    def add_later(self, name: ObjectName, seconds: float) -> None:
        """Look at this object after a while; an earlier wake wins."""
        loop = asyncio.get_running_loop()
        when = loop.time() + seconds
        timer = self._timers.get(name)
        if timer is None or timer.when() > when:
            if timer:
                timer.cancel()
            self._timers[name] = loop.call_at(when, self.add, name)

    @property
    def depth(self) -> int:
        return len(self._queued)

    async def stop(self, seconds: float) -> None:
        """Begin nothing more, and wait so long at most for what is being worked on."""
        self._stopping = True
        if self._busy:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), seconds)

    async def work(self) -> None:
        """One worker, until `stop`. A reconcile that raises is tried again after a growing pause; it never ends the worker."""
        while True:
            name = await self._next()
            if self._stopping:
                return
            self._busy.add(name)
            try:
                delay = await self._reconcile(name)
                self._failures.pop(name, None)
            except Exception:  # noqa: BLE001 - the worker outlives whatever one object does to it
                delay = self._backoff(name)
                _LOG.exception("%s/%s: failed, next try in %.0f s", *name, delay)
            finally:
                self._busy.discard(name)
                if self._stopping and not self._busy:
                    self._idle.set()
            if delay is not None:
                self.add_later(name, delay)
            if name in self._again:
                self._again.discard(name)
                self.add(name, first=name in self._first)

    async def _next(self) -> ObjectName:
        """Take the next one; the later place of one that went `first` is passed over."""
        name = None
        while name not in self._queued:
            _, _, name = await self._ready.get()
        self._queued.discard(name)
        self._first.discard(name)
        if not self._first:
            self._calm.set()
        return name

    def _backoff(self, name: ObjectName) -> float:
        failures = self._failures[name] = self._failures.get(name, 0) + 1
        return min(2.0 ** (failures - 1), _LONGEST_BACKOFF_SECONDS)
