"""Containers that fail for a moment are asked again, seldom enough that nobody is drowned."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from sdep.contract import ServedUnit
from sdep.runtime.remote.retry import RESERVE, RetryBudget
from tests.unit.runtime.container import container

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Client

MESSAGE = {"strData": "x"}


def _unit(port: int) -> ServedUnit:
    return ServedUnit(name="m", host="127.0.0.1", http_port=port)


def _failing(*codes: int) -> Callable[[Any], Any]:
    """Answer with these codes, one after the other, and then well."""
    left = list(codes)
    return lambda _: (left.pop(0), b"no") if left else {"strData": "well"}


@pytest.mark.parametrize(
    ("codes", "code", "calls"),
    [((503,), 200, 2), ((502, 504), 200, 3), ((503, 503, 503), 503, 3), ((500,), 500, 1), ((400,), 400, 1)],
)
async def test_predictions_are_tried_again(
    serve: Callable[..., Client], codes: tuple[int, ...], code: int, calls: int
) -> None:
    """At most twice, and only where the answer says that nobody was there to think about it."""
    with container(predict=_failing(*codes)) as model:
        answer = await serve(_unit(model.port)).predict(MESSAGE)

    assert (answer.code, len(model.asked)) == (code, calls)


async def test_feedback_is_told_once(serve: Callable[..., Client]) -> None:
    """A container that may have counted a reward is not told of it again."""
    with container(send_feedback=_failing(503)) as model:
        answer = await serve(_unit(model.port)).send("POST", "/api/v1.0/feedback", json.dumps({"reward": 1}).encode())

    assert (answer.code, len(model.asked)) == (503, 1)


async def test_a_broken_connection_is_tried_again(serve: Callable[..., Client]) -> None:
    """A container that resets the first connection and answers on the next one is no error."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_reset_then_answer, args=(server,))
        thread.start()
        answer = await serve(_unit(server.getsockname()[1])).predict(MESSAGE)
        thread.join()

    assert (answer.code, answer.json["strData"]) == (200, "y")


def _reset_then_answer(server: socket.socket) -> None:
    for body in (b"", b'{"strData":"y"}'):
        peer, _ = server.accept()
        with peer:
            peer.recv(65536)
            if body:
                head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
                peer.sendall(head.encode() + body)


async def test_a_container_in_trouble_is_not_drowned(serve: Callable[..., Client]) -> None:
    """When all fails, further tries are a fifth of the calls and what was in reserve."""
    with container(predict=lambda _: (503, b"no")) as model:
        client = serve(_unit(model.port))
        for _ in range(50):
            assert (await client.predict(MESSAGE)).code == 503

    assert len(model.asked) <= 50 + RESERVE + 50 * 0.2
    assert len(model.asked) > 50


def test_the_budget_fills_again() -> None:
    """Five calls earn one further try, and never more than the reserve is held."""
    budget = RetryBudget()
    while budget.spend():
        pass
    for _ in range(5):
        budget.earn()

    assert [budget.spend(), budget.spend()] == [True, False]
