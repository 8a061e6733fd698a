"""The door to gates of rollouts: they are asked over HTTP, side by side, and no look waits long for one that thinks."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from sdep.api.duration import seconds
from sdep.api.rollout_gates import Gate
from sdep.api.status import GateAnswer
from sdep.operator.metrics import GATE_REQUESTS
from sdep.operator.outside import post
from sdep.operator.store import ObjectName

_LOG = logging.getLogger(__name__)
_PATIENCE_SECONDS = 0.5
"""How long a look waits for answers. Later ones wake the SeldonDeployment."""
_LONGEST_WORDS = 200


@dataclass(frozen=True)
class GateQuestion:
    """A gate and what it is sent. `about` tells one question from the next: the trial and its step."""

    gate: Gate
    about: str
    content: dict[str, Any]


class GateDoor:
    """Remembers whom it is asking, so that a gate that takes its time is asked once and not at every look."""

    def __init__(self, http: aiohttp.ClientSession, now: Callable[[], str], wake: Callable[[ObjectName], None]) -> None:
        self._http = http
        self._now = now
        self._wake = wake
        self._asking: dict[ObjectName, dict[tuple[str, str], asyncio.Task[GateAnswer]]] = {}

    async def ask(self, name: ObjectName, asked: Sequence[GateQuestion]) -> list[GateAnswer]:
        """The answers that are there, each told once. Whom nobody asks any more is not waited for."""
        before = self._asking.pop(name, {})
        wanted = {(one.gate.name, one.about): one for one in asked}
        for key in before.keys() - wanted.keys():
            before[key].cancel()
        tasks = {key: before.get(key) or self._begin(name, one) for key, one in wanted.items()}
        if tasks:
            await asyncio.wait(tasks.values(), timeout=_PATIENCE_SECONDS)
            self._asking[name] = {key: task for key, task in tasks.items() if not task.done()}
        return [task.result() for task in tasks.values() if task.done()]

    def forget(self, name: ObjectName) -> None:
        for task in self._asking.pop(name, {}).values():
            task.cancel()

    def _begin(self, name: ObjectName, asked: GateQuestion) -> asyncio.Task[GateAnswer]:
        """While a look waits by itself for an answer, it is not woken by it too."""
        task = asyncio.create_task(self._answer(name, asked), name=f"gate {asked.gate.name}")
        task.add_done_callback(lambda _: self._wake(name) if name in self._asking else None)
        return task

    async def _answer(self, name: ObjectName, asked: GateQuestion) -> GateAnswer:
        gate = asked.gate
        try:
            code, kind, body = await post(self._http, gate.url, asked.content, seconds(gate.timeout))
            message = f"answers {code}{_words(kind, body)}"
        except TimeoutError:
            code, message = 0, f"does not answer within {gate.timeout}"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            code, message = 0, f"can not be asked: {str(error)[:_LONGEST_WORDS] or type(error).__name__}"
        GATE_REQUESTS.labels(code=code or "none").inc()
        _LOG.info("%s/%s: gate %s %s", *name, gate.name, message)
        return GateAnswer(name=gate.name, at=self._now(), code=code, message=message)


def _words(kind: str, body: bytes) -> str:
    """What a gate says for people: plain text, or `message` of a JSON object. Nothing else of an answer gets into a status."""
    text = body.decode(errors="replace") if kind == "text/plain" else ""
    if kind == "application/json":
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            said = None
        text = str(said.get("message", "")) if isinstance(said, dict) else ""
    text = " ".join(text.split())
    return f": {text[:_LONGEST_WORDS]}" if text else ""
