"""A worker process: the server as ever, but its connections come from the parent, and so does the word to serve or to end."""

from __future__ import annotations

import asyncio
import math
import os
import socket
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from typing_extensions import override

from sdep.errors import InvalidError
from sdep.runtime import log
from sdep.runtime.report import Report
from sdep.runtime.server import RuntimeServer, http_config
from sdep.runtime.settings import read_settings
from sdep.runtime.workers.channel import Channel, Word
from sdep.runtime.workers.handover import Ended, take

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import FrameType

    from sdep.runtime.http.app import App
    from sdep.runtime.server import Protocol
    from sdep.runtime.settings import Settings

LAST_WORDS_SECONDS = 0.2
"""How long a connection that was just accepted may take to send its first request when all ends."""


class Connections(set[Any]):
    """uvicorn's set of open connections, which counts the ends of them where the parent sees it."""

    def __init__(self, ended: Ended) -> None:
        super().__init__()
        self._ended = ended

    @override
    def discard(self, element: object) -> None:
        if element in self:
            self._ended.add()
        super().discard(element)


class Inherited(NamedTuple):
    """From the parent: the worker's number, the files of the two sockets between them, and of the memory that both see."""

    number: int
    talk: int
    given: int
    memory: int


def of_parent(settings: Settings) -> Settings:
    """The parent says when draining is over."""
    return replace(settings, drain_seconds=math.inf)


class WorkerServer(RuntimeServer):
    """Made with `of_parent`'s settings, and run once it is attached."""

    def attach(self, inherited: Inherited) -> None:
        self._talk = socket.socket(fileno=inherited.talk)
        self._given = socket.socket(fileno=inherited.given)
        self._ended = Ended(inherited.memory)
        self._beginning: set[asyncio.Task[None]] = set()
        self._collected: list[asyncio.Future[Report]] = []
        self._ways: list[tuple[Protocol, ssl.SSLContext | None]] = []
        self.server_state.connections = Connections(self._ended)
        self._metrics.of_all_workers = self._collect

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Signals are the parent's."""

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._channel = await Channel.over(self._talk)
        self._hearing = asyncio.create_task(self._hear())
        await super().startup([])
        if self.should_exit:  # before it began: nothing else will be called
            await self._part()

    @override
    async def _open_ports(self) -> None:
        """In the parent's order: the main port, then the others."""
        self._ways = [(self.protocol_of(self.config), self.config.ssl)]
        for _, app in self._further_apps():
            self._serve_port(app)
        asyncio.get_running_loop().add_reader(self._given, self._take)

    def _serve_port(self, app: App) -> None:
        """One more of the parent's, always in the clear."""
        self._ways.append((self.protocol_of(http_config(self._settings, app)), None))

    @override
    def _loaded(self) -> None:
        log.event("loaded", seconds=round(time.monotonic() - self._began, 3))
        self._channel.say(Word.LOADED)

    async def _hear(self) -> None:
        while (said := await self._channel.hear()) is not None:
            match said.word:
                case Word.SERVE:
                    self._lifecycle.loaded()
                case Word.DRAIN:
                    self._lifecycle.drain(time.monotonic())
                case Word.REPORT:
                    self._channel.say(Word.REPORT, self._report().encoded())
                case Word.COLLECTED:
                    self._collected.pop(0).set_result(Report.decoded(said.body))
                case _:
                    log.event("not for a worker", level="error", word=said.word.name)
        self.should_exit = True

    def _report(self) -> Report:
        return self._metrics.report()

    async def _collect(self) -> Report:
        """Any two answers of the parent are alike, so their order does not matter."""
        self._collected.append(asyncio.get_running_loop().create_future())
        self._channel.say(Word.COLLECT)
        return await self._collected[-1]

    def _take(self) -> None:
        """Where the parent has no more to give, the end has come."""
        try:
            for port, connection in take(self._given):
                task = asyncio.create_task(self._begin(connection, *self._ways[port]))
                self._beginning.add(task)
                task.add_done_callback(self._beginning.discard)
        except (EOFError, ConnectionError):
            asyncio.get_running_loop().remove_reader(self._given)
            self.should_exit = True

    async def _begin(self, connection: socket.socket, protocol: Protocol, context: ssl.SSLContext | None) -> None:
        connection.settimeout(0)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(protocol, connection, ssl=context)
        except OSError:  # gone already, or its handshake failed
            self._ended.add()
            connection.close()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Whoever was let in last is heard before connections without a request are closed."""
        await asyncio.sleep(LAST_WORDS_SECONDS)
        await super().shutdown(sockets)
        await self._part()

    async def _part(self) -> None:
        if self.failure is not None:
            self._channel.say(Word.FAILED, self.failure.encode())
        await self._channel.close()


def main(arguments: list[str]) -> int:
    """Serve until the parent says that it is over, or is gone. The arguments: a number, and what is inherited from the parent."""
    inherited = Inherited(*map(int, arguments))
    return work(inherited, lambda: WorkerServer(of_parent(read_settings(os.environ))))


def work(inherited: Inherited, make: Callable[[], WorkerServer]) -> int:
    log.configure(worker=inherited.number)
    try:
        server = make()
        server.attach(inherited)
    except InvalidError as error:
        log.event("cannot start", level="error", reason=error.reason, detail=error.message)
        return 1
    server.run()
    return 0 if server.failure is None else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
