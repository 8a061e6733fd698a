"""Gates are asked side by side, for a bounded time, without following them anywhere, and none keeps a look waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import web

from sdep.api.rollout_gates import Gate
from sdep.api.status import GateAnswer
from sdep.operator import gates
from sdep.operator.gates import GateDoor, GateQuestion
from sdep.operator.outside import session
from sdep.operator.store import ObjectName
from tests.unit.operator.listening import Listening
from tests.unit.rollout.trials import START

NAME = ("data", "prices")


class Asker:
    """A door, who is behind it, and whom it woke."""

    def __init__(self, http: aiohttp.ClientSession, listening: Listening) -> None:
        self.listening = listening
        self.woken: asyncio.Queue[ObjectName] = asyncio.Queue()
        self.door = GateDoor(http, lambda: START, self.woken.put_nowait)

    def question(self, path: str, about: str = "one", timeout: str = "10s") -> GateQuestion:
        url = path if "://" in path else self.listening.url + path
        gate = Gate(name=path, url=url, when="BeforeStep", timeout=timeout)
        return GateQuestion(gate, about, {"namespace": "data", "name": "prices", "step": 1})

    async def ask(self, *questions: GateQuestion) -> dict[str, GateAnswer]:
        return {answer.name: answer for answer in await self.door.ask(NAME, questions)}


@pytest.fixture
async def asker() -> AsyncIterator[Asker]:
    async with session() as http, Listening() as listening:
        yield Asker(http, listening)


def text(code: int, said: str) -> web.Response:
    return web.Response(status=code, text=said)


async def test_2xx_is_open_and_what_a_gate_says_else_is_told_in_its_words(asker: Asker) -> None:
    asker.listening.answers = {
        "/held": text(403, "  not on\na Friday "),
        "/json": web.json_response({"message": "ticket 7 is open", "secret": "x"}, status=409),
        "/html": web.Response(status=500, text="<b>no</b>", content_type="text/html"),
        "/broken": web.Response(status=500, text="{", content_type="application/json"),
        "/long": text(400, "x" * 9000),
    }
    paths = ["/open", *asker.listening.answers]
    found = await asker.ask(*(asker.question(path) for path in paths))
    assert [(found[path].code, found[path].open) for path in paths] == [
        (204, True),
        (403, False),
        (409, False),
        (500, False),
        (500, False),
        (400, False),
    ]
    assert [found[path].message for path in paths[:5]] == [
        "answers 204",
        "answers 403: not on a Friday",
        "answers 409: ticket 7 is open",
        "answers 500",
        "answers 500",
    ]
    assert len(found["/long"].message) < 250
    assert asker.listening.seen[0][1] == {"namespace": "data", "name": "prices", "step": 1}
    assert asker.woken.empty()


async def test_a_redirect_is_not_followed_and_holds(asker: Asker) -> None:
    asker.listening.answers = {"/away": web.Response(status=307, headers={"Location": "/open"})}
    found = await asker.ask(asker.question("/away"))
    assert (found["/away"].code, found["/away"].open) == (307, False)
    assert [path for path, _ in asker.listening.seen] == ["/away"]


async def test_who_does_not_answer_is_closed_with_a_reason(asker: Asker) -> None:
    found = await asker.ask(asker.question("/slow", timeout="50ms"), asker.question("http://127.0.0.1:1/"))
    assert (found["/slow"].code, found["/slow"].message) == (0, "does not answer within 50ms")
    assert found["http://127.0.0.1:1/"].message.startswith("can not be asked: ")


async def test_a_name_that_leads_to_this_machine_is_not_asked(asker: Asker) -> None:
    port = asker.listening.url.rsplit(":", 1)[1]
    url = f"http://localhost:{port}/"
    found = await asker.ask(asker.question(url))
    assert found[url].code == 0
    assert asker.listening.seen == []


async def test_a_gate_that_thinks_keeps_no_look_waiting_is_asked_once_and_wakes(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gates, "_PATIENCE_SECONDS", 0.05)
    questions = [asker.question("/slow"), asker.question("/open")]
    assert set(await asker.ask(*questions)) == {"/open"}
    assert await asker.ask(questions[0]) == {}
    asker.listening.release.set()
    assert await asyncio.wait_for(asker.woken.get(), 5) == NAME
    assert (await asker.ask(questions[0]))["/slow"].open
    assert [path for path, _ in asker.listening.seen].count("/slow") == 1


async def test_whom_nobody_asks_any_more_is_not_waited_for(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "_PATIENCE_SECONDS", 0.05)
    assert await asker.ask(asker.question("/slow", "step 1")) == {}
    await asker.ask(asker.question("/slow", "step 2"))
    assert [path for path, _ in asker.listening.seen].count("/slow") == 2
    asker.door.forget(NAME)
    asker.listening.release.set()
    await asker.ask()
    assert asker.woken.empty()


@pytest.mark.parametrize(
    ("addresses", "able"),
    [
        (["10.1.2.3"], ["10.1.2.3"]),
        (["169.254.169.254", "10.1.2.3"], ["10.1.2.3"]),
        (["::ffff:169.254.169.254"], None),
        (["fe80::1%eth0"], None),
        (["127.0.0.2"], None),
        (["0.0.0.0"], None),  # noqa: S104 - what a name may lead to
        (["::1"], None),
    ],
)
async def test_no_name_leads_to_an_address_of_this_machine_or_link(
    addresses: list[str], able: list[str] | None
) -> None:
    async with session() as http:
        connector = http.connector
        assert isinstance(connector, aiohttp.TCPConnector)
        guarded = connector._resolver

        async def resolve(*_: object) -> list[dict[str, object]]:
            return [{"host": address} for address in addresses]

        names, guarded._names = guarded._names, SimpleNamespace(resolve=resolve, close=guarded._names.close)  # type: ignore[attr-defined]
        if able is None:
            with pytest.raises(OSError, match="leads to an address of this machine"):
                await guarded.resolve("gate.ops.svc", 80)
        else:
            assert [one["host"] for one in await guarded.resolve("gate.ops.svc", 80)] == able
        guarded._names = names  # type: ignore[attr-defined]
