"""One worker as its parent sees it: a process, a channel to talk to it, a way to give it connections."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from sdep.runtime.report import Report
from sdep.runtime.workers.channel import Channel, Word
from sdep.runtime.workers.handover import Ended, Giver, pair

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Hears = Callable[["Child", Word], None]
    """Called with LOADED and COLLECT; what else a worker says is for this class."""

REPORT_SECONDS = 2.0
"""A worker whose event loop is held for longer is shown with what it reported last."""


class Work(NamedTuple):
    """What the workers of a parent run, with which words of its own, and the ports besides the main one."""

    module: str
    ports: tuple[int, ...]
    words: tuple[str, ...] = ()
    silent_seconds: float = 0.0
    """How long nothing listens while the workers are still loading."""


class Child:
    """`failure` is its own last sentence; `reported` what it said last that it counted. `loaded` while it can answer."""

    def __init__(self, number: int, process: asyncio.subprocess.Process, channel: Channel, giver: Giver) -> None:
        self.number = number
        self.giver = giver
        self.has_loaded = False
        self.failure = ""
        self.reported = Report()
        self._process = process
        self._channel = channel
        self._report: asyncio.Future[None] | None = None
        self._gone = False

    @classmethod
    async def start(cls, number: int, work: Work, environment: Mapping[str, str]) -> Child:
        """Start a fresh interpreter: threads of OpenMP, gRPC and of models do not survive a fork."""
        talk, their_talk = socket.socketpair()
        give, take = pair()
        memory = Ended.file()
        theirs = (their_talk.fileno(), take.fileno(), memory)
        command = (sys.executable, "-P", "-m", work.module, str(number), *map(str, theirs), *work.words)
        try:
            process = await asyncio.create_subprocess_exec(
                *command, env=environment, pass_fds=theirs, start_new_session=True
            )
            return cls(number, process, await Channel.over(talk), Giver(give, Ended(memory)))
        finally:
            their_talk.close()
            take.close()
            os.close(memory)

    @property
    def loaded(self) -> bool:
        return self.has_loaded and not self._gone

    @property
    def pid(self) -> int:
        return self._process.pid

    def say(self, word: Word, body: bytes = b"") -> None:
        self._channel.say(word, body)

    async def live(self, hears: Hears) -> str:
        """Return how it ended, once it has, in words."""
        while (said := await self._channel.hear()) is not None:
            if said.word is Word.REPORT:
                self._hear_report(Report.decoded(said.body))
            elif said.word is Word.FAILED:
                self.failure = said.body.decode()
            else:
                self.has_loaded = self.has_loaded or said.word is Word.LOADED
                hears(self, said.word)
        self._gone = True
        self.giver.close()
        code = await self._process.wait()
        self._hear_report(self.reported)
        await self._channel.close()
        return self.failure or _ending(code)

    async def report(self) -> None:
        """Bring `reported` up to date, as far as the worker answers in time."""
        if self._report is None:
            self._report = asyncio.get_running_loop().create_future()
            self._channel.say(Word.REPORT)
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._report), REPORT_SECONDS)

    def _hear_report(self, report: Report) -> None:
        self.reported = report
        if self._report is not None:
            self._report.set_result(None)
            self._report = None

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()


def _ending(code: int) -> str:
    if code >= 0:
        return f"it ended with code {code}"
    hint = ": more memory is needed, or fewer workers" if -code == signal.SIGKILL else ""
    return f"it was ended by {signal.Signals(-code).name}{hint}"
