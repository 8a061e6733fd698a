"""Whatever graph of built-in units is given, its answer is that of a few lines of plain Python."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdep.contract import ServedUnit
from sdep.runtime.graph.build import build
from sdep.runtime.graph.execute import execute
from sdep.runtime.graph.watch import Unmeasured, Watched
from sdep.runtime.learning.router import learning_router
from sdep.runtime.message import Message, Meta, Payload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sdep.runtime.graph.build import Predict
    from sdep.runtime.graph.node import Node

Graph = dict[str, Any]
ROWS = np.array([[1.0, 2.0], [4.0, -3.0]])


@st.composite
def graphs(draw: st.DrawFn, depth: int = 3) -> Graph:
    """Models that add a number or only hand on, routers whose choice is sure, and combiners; names are given later."""
    children = [] if depth == 0 else draw(st.lists(graphs(depth - 1), max_size=3))
    if not children:
        return {"implementation": draw(st.sampled_from(["SIMPLE_MODEL", "ADD"])), "add": draw(st.integers(-2, 2))}
    kinds = ["SIMPLE_ROUTER", "AVERAGE_COMBINER", "WEIGHTED_COMBINER", "MAJORITY_VOTE_COMBINER", "ADD"]
    pair = [*kinds, "RANDOM_ABTEST", "EPSILON_GREEDY"] if len(children) > 1 else kinds
    return {
        "implementation": draw(st.sampled_from(pair)),
        "add": draw(st.integers(-2, 2)),
        "branch": draw(st.integers(0, len(children) - 1)),
        "weights": draw(st.lists(st.integers(1, 5), min_size=len(children), max_size=len(children))),
        "children": children,
    }


def _expected(graph: Graph, rows: Any) -> Any:  # noqa: ANN401 - an array
    """Follow the graph without any of its machinery."""
    kind, children = graph["implementation"], graph.get("children", [])
    if kind == "ADD":
        rows = rows + graph["add"]
    if not children:
        return rows
    if kind in {"SIMPLE_ROUTER", "ADD"}:
        return _expected(children[0], rows)
    if kind in {"RANDOM_ABTEST", "EPSILON_GREEDY"}:
        return _expected(children[graph["branch"]], rows)
    answers = [_expected(child, rows) for child in children]
    if kind == "MAJORITY_VOTE_COMBINER":
        ballots = [[float(answer[at]) for answer in answers] for at in np.ndindex(rows.shape)]
        return np.array([Counter(ballot).most_common(1)[0][0] for ballot in ballots]).reshape(rows.shape)
    weights = graph["weights"] if kind == "WEIGHTED_COMBINER" else [1] * len(answers)
    return sum(weight * answer for weight, answer in zip(weights, answers, strict=True)) / sum(weights)


def _served(graph: Graph, numbers: Iterator[int]) -> ServedUnit:
    kind = graph["implementation"]
    branch, children = graph.get("branch", 0), graph.get("children", [])
    sure = ",".join("1" if number == branch else "0" for number in range(len(children)))
    said = {
        "RANDOM_ABTEST": {"weights": sure},
        "EPSILON_GREEDY": {"epsilon": "0", "best_branch": str(branch)},
        "WEIGHTED_COMBINER": {"weights": ",".join(map(str, graph.get("weights", ())))},
    }
    parameters = [{"name": name, "value": value, "type": "STRING"} for name, value in said.get(kind, {}).items()]
    name = f"u{next(numbers)}"
    below = tuple(_served(child, numbers) for child in children)
    return ServedUnit(name=name, implementation=kind, parameters=parameters, children=below)


def _adders(graph: Graph, unit: ServedUnit) -> dict[str, Predict]:
    async def predict(payload: Payload) -> Payload:
        return payload._replace(value=payload.value + graph["add"])

    found: dict[str, Predict] = {unit.name: predict} if graph["implementation"] == "ADD" else {}
    for child, below in zip(graph.get("children", ()), unit.children, strict=True):
        found |= _adders(child, below)
    return found


def _node(graph: Graph, folder: Path) -> Node:
    unit = _served(graph, iter(range(10_000)))
    learners = {each.name: learning_router(each, folder) for each in _all(unit) if "EPSILON" in each.implementation}
    return build(unit, _adders(graph, unit), {}, learners, partial(Watched, Unmeasured()))


def _all(unit: ServedUnit) -> Iterator[ServedUnit]:
    yield unit
    for child in unit.children:
        yield from _all(child)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nothing is learned here."""
    return tmp_path_factory.mktemp("state")


@settings(max_examples=100, deadline=None)
@given(graph=graphs())
def test_a_graph_answers_as_plain_python_does(folder: Path, graph: Graph) -> None:
    """Any units at any place, up to three levels below the root."""
    answer = asyncio.run(execute(_node(graph, folder), Message(Payload(ROWS, "ndarray"), Meta())))

    np.testing.assert_allclose(answer.payload.value, _expected(graph, ROWS), rtol=1e-12)


def test_ten_levels(folder: Path) -> None:
    """A combiner below a router below a model, three times over, with models at the bottom."""
    graph: Graph = {"implementation": "ADD", "add": 1}
    for level in range(9):
        kind = ("WEIGHTED_COMBINER", "RANDOM_ABTEST", "ADD")[level % 3]
        beside = {"implementation": "ADD", "add": level}
        graph = {
            "implementation": kind,
            "add": 2,
            "branch": 0,
            "weights": [1, level + 1],
            "children": [graph, beside],
        }
    answer = asyncio.run(execute(_node(graph, folder), Message(Payload(ROWS, "ndarray"), Meta())))

    np.testing.assert_allclose(answer.payload.value, _expected(graph, ROWS), rtol=1e-12)
