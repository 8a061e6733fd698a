"""The parent: starts workers, hands them connections, replaces one that dies, and ends them so that no request is lost.

It loads no model and parses no request, so it stays small and does not fail.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import TYPE_CHECKING

from sdep.contract import ENV_GRPC_PORT, ENV_HTTP_PORT
from sdep.runtime.certificates import Certificates
from sdep.runtime.limits import memory_limit, resident_bytes
from sdep.runtime.log import event
from sdep.runtime.report import Report
from sdep.runtime.settings import ENV_WORKERS, SILENT_SECONDS
from sdep.runtime.workers import ports
from sdep.runtime.workers.acceptor import Acceptor
from sdep.runtime.workers.channel import Word
from sdep.runtime.workers.child import Child, Work
from sdep.runtime.workers.merge import lasting, together

if TYPE_CHECKING:
    from sdep.runtime.settings import Settings
    from sdep.runtime.workers.handover import Giver

END_SECONDS = 17
"""A worker gives running requests 14 seconds; one that is still there after this is stuck."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 30.0
"""Before a dead worker is replaced: longer each time that its successor dies before it has loaded."""
MEMORY_SHARE = 0.75
"""Of the container's memory that workers may fill after loading; the rest is for requests."""


ENGINE = "sdep.runtime.workers.worker"


def supervise(settings: Settings, workers: int, work: Work | None = None) -> str | None:
    """Serve until told to end; return why nothing could be served, None after a drain. `InvalidError` if it cannot begin.

    Without `work` that is the graph of the settings.
    """
    work = work or Work(ENGINE, settings.further_ports(), silent_seconds=SILENT_SECONDS if settings.baked else 0.0)
    if settings.certificates is not None:
        Certificates(settings.certificates)
    supervisor = Supervisor(settings, workers, work, spare=not settings.workers)
    asyncio.run(supervisor.run())
    return supervisor.failure


class Supervisor:
    """`failure` says why nothing can be served; None while all is well.

    `wanted` workers are there from the start; where the number is nobody's word (`spare`), the first one is ready alone and
    the others join it as far as the memory reaches.
    """

    def __init__(self, settings: Settings, wanted: int, work: Work, *, spare: bool = False) -> None:
        self.failure: str | None = None
        self._settings = settings
        self._work = work
        self._wanted = wanted
        self._first = 1 if spare else wanted
        self._listeners = ports.listeners([settings.port, *work.ports])
        self._rpc = None if settings.grpc_port is None else ports.reserved(settings.grpc_port)
        self._children: dict[int, Child] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._asked: set[asyncio.Task[None]] = set()
        self._acceptor = Acceptor(self._listeners, self._givers)
        self._departed = Report()
        self._restarts = 0
        self._listening = False
        self._ready = False
        self._draining = False
        self._began = time.monotonic()
        self._end = asyncio.Event()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        if self._work.silent_seconds:
            loop.call_later(self._work.silent_seconds, self._listen)
        else:
            self._listen()
        self._keep(range(self._first))
        await self._end.wait()
        await self._finish()

    def _listen(self) -> None:
        if self._listening or self._end.is_set():
            return
        self._listening = True
        ports.listen(self._listeners)
        event("listening", port=ports.number(self._listeners[0]), workers=self._wanted)
        if self._children:
            self._acceptor.start()

    def _keep(self, numbers: range) -> None:
        self._tasks += [asyncio.create_task(self._tend(number)) for number in numbers]

    async def _tend(self, number: int) -> None:
        """One worker after the other, for as long as there is something to serve."""
        pause = FIRST_PAUSE_SECONDS
        while not self._end.is_set():
            child = self._children[number] = await Child.start(number, self._work, self._environment())
            if self._listening:
                self._acceptor.start()
            ended = await child.live(self._hear)
            self._departed, child.reported = together([self._departed, lasting(child.reported)]), Report()
            if self._end.is_set() or self._draining:
                return
            event("worker ended", level="error", worker=number, detail=ended)
            if not self._ready:
                self._fail(child.failure or f"worker {number} could not load its models: {ended}")
                return
            self._restarts += 1
            pause = FIRST_PAUSE_SECONDS if child.has_loaded else min(2 * pause, LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(pause)

    def _environment(self) -> dict[str, str]:
        """What the parent itself was told, with the ports that it found and the number that it settled on."""
        told = {ENV_HTTP_PORT: str(ports.number(self._listeners[0])), ENV_WORKERS: str(self._wanted)}
        if self._rpc is not None:
            told[ENV_GRPC_PORT] = str(ports.number(self._rpc))
        return {**os.environ, **told}

    def _givers(self) -> list[Giver]:
        """Those that can answer; while none can, all, so that probes are told what is missing."""
        loaded = [child.giver for child in self._children.values() if child.loaded]
        return loaded or [child.giver for child in self._children.values()]

    def _hear(self, child: Child, word: Word) -> None:
        if word is Word.COLLECT:
            task = asyncio.create_task(self._collect(child))
            self._asked.add(task)
            task.add_done_callback(self._asked.discard)
        elif self._ready:
            event("worker joined", worker=child.number)
            child.say(Word.SERVE)
        elif sum(each.loaded for each in self._children.values()) >= self._first:
            self._become_ready()

    def _become_ready(self) -> None:
        self._ready = True
        for child in self._children.values():
            child.say(Word.SERVE)
        grpc_port = None if self._rpc is None else ports.number(self._rpc)
        seconds = round(time.monotonic() - self._began, 3)
        event("ready", seconds=seconds, workers=self._first, grpc_port=grpc_port)
        self._listen()
        if self._first < self._wanted:
            self._keep(range(self._first, self._room()))

    def _room(self) -> int:
        """As many workers as are wanted, and as the memory holds when each takes what the first one has."""
        limit, one = memory_limit(), resident_bytes(self._children[0].pid)
        if limit is None or not one:
            return self._wanted
        fitting = max(1, int(MEMORY_SHARE * limit / one))
        if fitting < self._wanted:
            event("fewer workers than CPUs", workers=fitting, reason=f"each takes {one >> 20} MiB of {limit >> 20} MiB")
        return min(self._wanted, fitting)

    async def _collect(self, asker: Child) -> None:
        children = list(self._children.values())
        await asyncio.gather(*(child.report() for child in children if child.loaded))
        own = (
            "# HELP sdep_runtime_workers Worker processes that can answer\n# TYPE sdep_runtime_workers gauge\n"
            f"sdep_runtime_workers {float(sum(child.loaded for child in children))}\n"
            "# HELP sdep_runtime_worker_restarts_total Workers that died and were replaced\n"
            "# TYPE sdep_runtime_worker_restarts_total counter\n"
            f"sdep_runtime_worker_restarts_total {float(self._restarts)}\n"
        )
        told = [child.reported if child.loaded else lasting(child.reported) for child in children]
        asker.say(Word.COLLECTED, together([*told, self._departed, Report(own)]).encoded())

    def _stop(self) -> None:
        """First signal: drain. Second one: the user means it."""
        if self._draining or not self._ready:
            self._end.set()
            return
        self._draining = True
        event("draining", seconds=self._settings.drain_seconds)
        for child in self._children.values():
            child.say(Word.DRAIN)
        asyncio.get_running_loop().call_later(self._settings.drain_seconds, self._end.set)

    def _fail(self, message: str) -> None:
        self.failure = self.failure or message
        self._end.set()

    async def _finish(self) -> None:
        """Workers end when nothing comes any more and what they have is answered."""
        self._acceptor.stop()
        for child in self._children.values():
            child.giver.close()
        _, stuck = await asyncio.wait(self._tasks, timeout=END_SECONDS)
        if stuck:
            event("workers did not end", level="error", seconds=END_SECONDS)
            for child in self._children.values():
                child.kill()
            await asyncio.wait(stuck, timeout=END_SECONDS)
