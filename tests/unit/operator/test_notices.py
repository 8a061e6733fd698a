"""Notifications reach who wants them, are tried again, and their failure is counted, said, and costs nobody anything."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web

from sdep.api.seldon_deployment import SeldonDeployment
from sdep.cluster.client import Cluster
from sdep.errors import InvalidError
from sdep.operator import notices
from sdep.operator.events import Events
from sdep.operator.metrics import NOTIFICATIONS
from sdep.operator.notices import Notices
from sdep.operator.outside import session
from sdep.render.manifest import Key
from tests.unit.operator.listening import Listening
from tests.unit.rollout.trials import predictor, sdep, seen, trial, walk

STATUS = walk(trial(), (0, seen()), (1, seen("Fail")))
FROM_SECRET = {"urlFrom": {"secretKeyRef": {"name": "slack", "key": "url"}}, "form": "Slack"}


class Sender:
    """What sends, who listens, what events were said, and a cluster with one secret."""

    def __init__(self, http: aiohttp.ClientSession, listening: Listening) -> None:
        self.listening = listening
        self.said: list[str] = []
        self.secret: dict[str, Any] | None = None
        self.refuses = False
        self.notices = Notices(http, cast("Cluster", self), cast("Events", self), ("127.0.0.1",), pauses=(0.01, 0.01))

    def emit(self, _: SeldonDeployment, kind: str, reason: str, message: str) -> None:
        self.said.append(f"{kind} {reason}: {message}")

    async def get(self, key: Key) -> dict[str, Any] | None:
        assert key == Key("v1", "Secret", "default", "slack")
        if self.refuses:
            raise InvalidError("Refused", "forbidden")
        return self.secret

    def holds(self, value: str) -> None:
        self.secret = {"data": {"url": base64.b64encode(value.encode()).decode()}}

    async def send(self, *notify: dict[str, Any]) -> None:
        body = sdep(predictor("main"), predictor("canary"), rollout={"canary": "canary", "notify": list(notify)})
        self.notices.send(body, STATUS)
        await asyncio.gather(*self.notices._sending)


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    async with session() as http, Listening() as listening:
        yield Sender(http, listening)


def counted(outcome: str) -> float:
    return float(NOTIFICATIONS.labels(outcome=outcome)._value.get())


async def test_everybody_who_wants_to_know_is_told_in_the_form_asked_for(sender: Sender) -> None:
    before = counted("delivered")
    url = sender.listening.url
    await sender.send({"url": f"{url}/json"}, {"url": f"{url}/slack", "form": "Slack"}, {"url": url, "phases": []})
    told = dict(sender.listening.seen)
    assert told["/slack"] == {"text": "RolledBack: default/prices: canary: it says Fail"}
    assert (told["/json"]["phase"], told["/json"]["reason"]) == ("RolledBack", "AnalysisFailed")
    assert len(sender.listening.seen) == 2
    assert counted("delivered") == before + 2
    assert sender.said == []


@pytest.mark.parametrize(("code", "tries"), [(500, 3), (429, 3), (404, 1), (302, 1)])
async def test_what_may_end_otherwise_is_tried_again_and_then_an_event_says_so(
    sender: Sender, code: int, tries: int
) -> None:
    before = counted("failed")
    sender.listening.answers = {"/hook": web.Response(status=code, headers={"Location": "/other"})}
    await sender.send({"url": f"{sender.listening.url}/hook"})
    assert [path for path, _ in sender.listening.seen] == ["/hook"] * tries
    assert sender.said == [f"Warning NotificationFailed: nobody was told of the rollout: 127.0.0.1 answers {code}"]
    assert counted("failed") == before + 1


async def test_a_receiver_that_comes_back_is_told(sender: Sender) -> None:
    sender.listening.answers = {"/hook": web.Response(status=503)}
    body = sdep(
        predictor("main"),
        predictor("canary"),
        rollout={"canary": "canary", "notify": [{"url": f"{sender.listening.url}/hook"}]},
    )
    sender.notices.send(body, STATUS)
    await sender.listening.came.wait()
    del sender.listening.answers["/hook"]
    await asyncio.gather(*sender.notices._sending)
    assert sender.said == []


async def test_nobody_listening_is_said_without_the_address(sender: Sender) -> None:
    await sender.send({"url": "http://127.0.0.1:1/services/T/B/token"})
    (event,) = sender.said
    assert "127.0.0.1 gives no answer" in event
    assert "token" not in event


async def test_the_address_may_be_in_a_secret(sender: Sender) -> None:
    sender.holds(f"{sender.listening.url}/services/token\n")
    await sender.send(FROM_SECRET)
    assert [path for path, _ in sender.listening.seen] == ["/services/token"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("hunter2", "is no address"),
        ("https://evil.example/token", "sends nothing to 'evil.example'"),
        (None, "the secret 'slack' in namespace default does not exist, or has no 'url'"),
    ],
)
async def test_a_secret_without_an_allowed_address_is_said_and_not_shown(
    sender: Sender, value: str | None, message: str
) -> None:
    if value:
        sender.holds(value)
    await sender.send(FROM_SECRET)
    (event,) = sender.said
    assert message in event
    assert "hunter2" not in event
    assert "token" not in event


async def test_a_secret_that_may_not_be_read_says_what_to_set(sender: Sender) -> None:
    sender.refuses = True
    await sender.send(FROM_SECRET)
    assert "add it to rollouts.secrets of the chart" in sender.said[0]


async def test_what_is_more_than_may_wait_is_dropped_and_counted(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "_WAITING_AT_MOST", 1)
    before = counted("dropped")
    url = sender.listening.url
    await sender.send({"url": f"{url}/one"}, {"url": f"{url}/two"})
    assert [path for path, _ in sender.listening.seen] == ["/one"]
    assert counted("dropped") == before + 1


async def test_an_operator_that_ends_waits_for_no_receiver(sender: Sender) -> None:
    body = sdep(
        predictor("main"),
        predictor("canary"),
        rollout={"canary": "canary", "notify": [{"url": f"{sender.listening.url}/slow"}]},
    )
    sender.notices.send(body, STATUS)
    await sender.listening.came.wait()
    await asyncio.wait_for(sender.notices.close(), 2)
    assert sender.notices._sending == set()
