"""Graphs: routers, combiners, any depth, failures that name their unit."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sdep.contract import ServedUnit
from sdep.runtime.errors import LoadError, UnitError
from sdep.runtime.graph.combine import mean
from sdep.runtime.graph.execute import execute
from sdep.runtime.graph.node import NO_CHILD, Node
from sdep.runtime.graph.route import random_branch
from sdep.runtime.message import Message, Meta, Payload
from tests.clock import on_the_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conftest import Client

ROWS = [[75.5, 3.2, 1.18], [1.0, 2.0, 3.0]]
MESSAGE = Message(Payload("", "strData"), Meta())


def _leaf(name: str) -> Node:
    """A node that appends its name."""

    async def enter(message: Message) -> Message:
        return Message(Payload(message.payload.value + name, "strData"), message.meta.visited(name, name))

    return Node(name, enter=enter)


def _router(branch: int, *children: Node) -> Node:
    async def route(_: Message) -> int:
        return branch

    return Node("router", children, route=route)


async def test_average_is_the_mean_of_the_models(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """The document's ensemble answers NumPy's mean of its models' answers, exactly."""
    alone = [(await serve(unit(name)).predict({"data": {"ndarray": ROWS}})).json for name in ("forest", "doubled")]
    graph = ServedUnit(
        name="combiner",
        type="COMBINER",
        implementation="AVERAGE_COMBINER",
        children=(unit("forest"), unit("doubled")),
    )
    together = (await serve(graph).predict({"data": {"ndarray": ROWS}})).json

    assert together["data"]["ndarray"] == np.mean([answer["data"]["ndarray"] for answer in alone], axis=0).tolist()
    assert together["meta"]["requestPath"] == {"forest": "forest_model:3", "doubled": "doubled_model:3"}


async def test_average_of_unequal_shapes(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """Children that cannot be averaged end in an error that names the combiner, never in one child's answer."""
    children = (unit("bare"), unit("two_outputs"))
    client = serve(ServedUnit(name="avg", type="COMBINER", implementation="AVERAGE_COMBINER", children=children))
    answer = await client.predict({"data": {"ndarray": ROWS}})

    assert answer.code == 500
    assert "unit 'avg'" in answer.json["status"]["info"]
    assert "[2], [2, 2]" in answer.json["status"]["info"]


def test_average_of_text() -> None:
    """Text has no mean."""
    with pytest.raises(UnitError, match="takes numbers"):
        mean(ServedUnit(name="avg"), [Payload("x", "strData")])


async def test_chain_and_nesting() -> None:
    """A node enters before its children and leaves after them, at every depth."""
    leave = _leaf(")").enter
    inner = Node("in", (_leaf("x"),), enter=_leaf("<").enter, leave=leave)
    answer = await execute(Node("out", (inner,), enter=_leaf("(").enter, leave=leave), MESSAGE)

    assert answer.payload.value == "(<x))"


@pytest.mark.parametrize(("branch", "expected"), [(0, "a"), (1, "b"), (-1, "a"), (NO_CHILD, "")])
async def test_routes(branch: int, expected: str) -> None:
    """N goes to child n, -1 to all (the first one speaks), -2 to none; the choice is in meta.routing."""
    answer = await execute(_router(branch, _leaf("a"), _leaf("b")), MESSAGE)

    assert answer.payload.value == expected
    assert answer.meta.routing == ({"router": branch} if branch != -1 else {"router": -1})


async def test_route_to_nowhere() -> None:
    """A branch that is not there is an error; v1's process died of it."""
    with pytest.raises(UnitError, match="unit 'router': routed to child 2 of 2"):
        await execute(_router(2, _leaf("a"), _leaf("b")), MESSAGE)


@on_the_clock
async def test_children_run_side_by_side() -> None:
    """Three children that wait take the time of one, and one that fails cancels the others."""

    async def slow(message: Message) -> Message:
        await asyncio.sleep(0.2)
        return message

    async def broken(_: Message) -> Message:
        raise UnitError("b", "broken")

    begin = time.perf_counter()
    await execute(Node("all", tuple(Node(name, enter=slow) for name in "abc")), MESSAGE)
    assert time.perf_counter() - begin < 0.4
    begin = time.perf_counter()
    with pytest.raises(UnitError, match="broken"):
        await execute(Node("all", (Node("a", enter=slow), Node("b", enter=broken))), MESSAGE)
    assert time.perf_counter() - begin < 0.1


def test_ab_test_draws() -> None:
    """RatioA is the first child's share of two; more children share alike; a seed makes the draws repeat."""
    draws = [random_branch((0.2, 0.8), 1) for _ in range(2)]
    first, again = ([draw() for _ in range(2000)] for draw in draws)
    third = random_branch((2, 2, 2), 1)

    assert first == again
    assert Counter(first)[0] == pytest.approx(400, abs=60)
    assert all(count == pytest.approx(1000, abs=120) for count in Counter(third() for _ in range(3000)).values())


async def test_router_graph_over_http(serve: Callable[..., Client], unit: Callable[..., ServedUnit]) -> None:
    """SIMPLE_ROUTER sends every request to its first child and says so."""
    graph = ServedUnit(
        name="r", type="ROUTER", implementation="SIMPLE_ROUTER", children=(unit("bare"), unit("doubled"))
    )
    answer = (await serve(graph).predict({"data": {"ndarray": [[0, 0, 0]]}})).json

    assert answer["data"]["ndarray"] == [pytest.approx(4)]
    assert answer["meta"] == {"routing": {"r": 0}, "requestPath": {"bare": "bare_model:3"}}


@pytest.mark.parametrize(
    ("graph", "sentence"),
    [
        ({"name": "u", "type": "ROUTER"}, "unit 'u': nothing runs 'ROUTER'"),
        ({"name": "u", "host": "localhost"}, "unit 'u': it has the host 'localhost', and no port for rest"),
        ({"name": "u", "implementation": "RANDOM_ABTEST"}, "RANDOM_ABTEST needs at least 2 children, and has 0"),
        ({"name": "u", "implementation": "MLFLOW_SERVER"}, "unit 'u': .* holds no MLmodel file"),
        ({"name": "u", "implementation": "SKLEARN_SERVER"}, "unit 'u': .* holds none of MLmodel, model.joblib"),
        ({"name": "u", "implementation": "XGBOOST_SERVER"}, "unit 'u': .* holds none of MLmodel, model.bst"),
        (
            {
                "name": "regression",
                "implementation": "MLFLOW_SERVER",
                "parameters": [{"name": "n", "value": "x", "type": "INT"}],
            },
            "parameter 'n' is no INT: 'x'",
        ),
    ],
)
def test_what_cannot_run_is_named(serve: Callable[..., Client], graph: dict[str, Any], sentence: str) -> None:
    """A graph that cannot be served fails at the start, with the unit's name."""
    with pytest.raises(LoadError, match=sentence):
        serve(ServedUnit.model_validate(graph))


async def test_short_children_need_no_tasks() -> None:
    """Children that hold the loop for a moment are asked in their order; one that waits is under way before them."""
    order: list[str] = []

    def child(name: str, seconds: float | None) -> Node:
        async def enter(message: Message) -> Message:
            order.append(f"{name} begins")
            if seconds is None:
                await asyncio.sleep(0)
            order.append(f"{name} ends")
            return Message(Payload(name, "strData"), message.meta)

        return Node(name, enter=enter, held=None if seconds is None else lambda _: seconds)

    async def joined(answers: Sequence[Message]) -> Message:
        return Message(Payload("".join(answer.payload.value for answer in answers), "strData"), Meta())

    short = Node("all", (child("a", 0.0004), child("b", 0.0004)), aggregate=joined)
    assert (await execute(short, MESSAGE)).payload.value == "ab"
    assert order == ["a begins", "a ends", "b begins", "b ends"]
    order.clear()
    mixed = Node("all", (child("a", 0.0004), child("b", None), child("c", 0.0004)), aggregate=joined)
    assert (await execute(mixed, MESSAGE)).payload.value == "abc"
    assert order == ["b begins", "a begins", "a ends", "c begins", "c ends", "b ends"]


async def test_short_children_do_not_hold_the_loop_together() -> None:
    """Eight that are short each, and long in all, leave the loop to others in between."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def enter(message: Message) -> Message:
        return message

    node = Node("all", tuple(Node(str(number), enter=enter, held=lambda _: 0.0006) for number in range(8)))
    beside = asyncio.create_task(others())
    await execute(node, MESSAGE)
    beside.cancel()

    assert turns > 0
