"""Which servers are asked what: everything, or in a minute what the targets need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

from bench.serving import questions, servers
from bench.serving.questions import Question
from bench.serving.servers import Command

RUNTIME = "runtime"
FLOOR = "empty handler"
WRAPPER = "v1 wrapper"
MLSERVER = "MLServer"
MLSERVER_ALONE = "MLServer, parallel_workers=0"
MLFLOW = "mlflow models serve"
ENSEMBLES = {count: f"runtime, ensemble of {count}" for count in (2, 8)}
CHILD = "runtime, a child alone"


class Point(NamedTuple):
    """One measurement; `method` is that of gRPC, or "" over HTTP."""

    question: Question
    connections: int
    method: str = ""


class Subject(NamedTuple):
    """A server with one model, and what it is asked."""

    name: str
    command: Callable[[Path], Command]
    points: tuple[Point, ...]


ONE_ROW = Question()
NAMED = Question(named=True)
FOREST = Question("forest")
_CONNECTIONS = (1, 16, 64)
_ROWS = (1, 100, 10_000)


def workers_name(workers: int) -> str:
    return RUNTIME if workers == 1 else f"{RUNTIME}, {workers} workers"


def quick() -> Iterator[Subject]:
    ends = tuple(Point(ONE_ROW, count) for count in (1, 64))
    yield Subject(FLOOR, lambda _: servers.floor(), ends)
    yield _own("three", (*ends, Point(NAMED, 1)))
    yield Subject(CHILD, _graph(1), ends[:1])
    yield Subject(ENSEMBLES[2], _graph(2), ends[:1])
    yield Subject(WRAPPER, lambda root: servers.wrapper(root, "three"), ends)
    yield Subject(MLSERVER_ALONE, lambda root: servers.mlserver(root, "three", 0), ends)
    yield Subject(MLFLOW, lambda root: servers.mlflow(root, "three"), ends[1:])


def full(workers: int) -> Iterator[Subject]:
    """`workers` processes of the runtime besides the one; 1 leaves them out."""
    yield Subject(FLOOR, lambda _: servers.floor(), _points(ONE_ROW))
    for count in sorted({1, workers}):
        rows = tuple(Point(Question("three", rows), each) for rows, each in product(_ROWS, _CONNECTIONS))
        rpc = tuple(Point(*point[:2], questions.SELDON_METHOD) for point in rows if point.question.rows < max(_ROWS))
        yield _own("three", (*rows, *_points(NAMED), *rpc), count)
        yield _own("one", _points(Question("one")), count)
        yield _own("forest", _points(FOREST), count)
    for count, name in ((1, CHILD), *ENSEMBLES.items()):
        yield Subject(name, _graph(count), _points(ONE_ROW))
    yield from _others(tuple(Point(Question("three", rows), each) for rows, each in product(_ROWS, _CONNECTIONS)))


def _others(points: tuple[Point, ...]) -> Iterator[Subject]:
    rpc = tuple(Point(ONE_ROW, count, questions.WRAPPER_METHOD) for count in _CONNECTIONS)
    yield Subject(WRAPPER, lambda root: servers.wrapper(root, "three"), (*points, *rpc))
    for model, asked in (("three", points), ("forest", _points(FOREST))):
        yield Subject(MLSERVER, lambda root, model=model: servers.mlserver(root, model, None), asked)  # type: ignore[misc]
        yield Subject(MLSERVER_ALONE, lambda root, model=model: servers.mlserver(root, model, 0), asked)  # type: ignore[misc]
        yield Subject(MLFLOW, lambda root, model=model: servers.mlflow(root, model), asked)  # type: ignore[misc]


def _points(question: Question) -> tuple[Point, ...]:
    return tuple(Point(question, count) for count in _CONNECTIONS)


def _own(model: str, points: tuple[Point, ...], workers: int = 1) -> Subject:
    return Subject(workers_name(workers), lambda root: servers.runtime(root, servers.unit(model), workers), points)


def _graph(count: int) -> Callable[[Path], Command]:
    """An ensemble, or for 1 a child of it, at the same port and in the same process as it would be."""
    if count == 1:
        return lambda root: servers.runtime(root, servers.unit("other"))
    return lambda root: servers.runtime(root, servers.ensemble(root, count))
