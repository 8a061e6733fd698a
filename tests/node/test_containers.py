"""Graphs of containers that speak v1's API, with real pods: each shape that v1 gives them answers through the gateway."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.kubectl import Target
from tests.node import sdep, units
from tests.node.operators import CONTROLLER, operators

NAMESPACE = "sdep-containers"
Shape = tuple[str, list[list[str]], dict[str, str], dict[str, str]]
"""Name, the units of each pod, annotations of `spec` and of the predictor."""

SHAPES: list[Shape] = [
    ("one-pod", [["first", "left", "right", "sum"]], {}, {}),
    ("pod-each", [["first"], ["left", "right"], ["sum"]], {}, {}),
    ("engine-apart", [["first", "left", "right", "sum"]], {"seldon.io/engine-separate-pod": "true"}, {}),
]
ROWS = [[1.0, 2.0]]
ADD = {"first": 1, "sum": 100, "left": 10, "right": 20}
GRAPH = {
    "name": "first",
    "type": "TRANSFORMER",
    "children": [
        {
            "name": "sum",
            "type": "COMBINER",
            "children": [{"name": "left", "type": "MODEL"}, {"name": "right", "type": "MODEL"}],
        }
    ],
}


@pytest.fixture(scope="module")
def running(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    target.kubectl("create", "namespace", NAMESPACE)
    folder: Path = tmp_path_factory.mktemp("operator")
    with operators(target, NAMESPACE, folder, "containers"):
        yield target
    target.kubectl("delete", "namespace", NAMESPACE)


def manifest(name: str, predictor: dict[str, Any], annotations: dict[str, str]) -> dict[str, Any]:
    body = sdep.manifest(name, {"name": "default", **predictor}, annotations=annotations)
    body["metadata"] |= {"namespace": NAMESPACE, "labels": {"seldon.io/controller-id": CONTROLLER}}
    return body


def wait_ready(target: Target, name: str) -> None:
    target.kubectl("wait", "sdep", name, "-n", NAMESPACE, "--for=condition=Ready", "--timeout=240s")


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape[0])
def test_a_graph_of_containers_is_ready_and_calls_each_unit_in_its_turn(running: Target, shape: Shape) -> None:
    name, pods, annotations, own = shape
    image = running.images["runtime"]
    specs = [{"spec": {"containers": [units.container(unit, image, ADD[unit]) for unit in pod]}} for pod in pods]
    body = manifest(name, {"graph": GRAPH, "componentSpecs": specs, "annotations": own}, annotations)
    sdep.apply(running, body)
    try:
        wait_ready(running, name)
        first = [[2.0, 3.0], [2.0, 3.0]]
        left, right = ([value + ADD[unit] for value in row] for unit, row in zip(("left", "right"), first, strict=True))
        assert sdep.first_answer(running, NAMESPACE, name, ROWS) == [
            [one + other + ADD["sum"] for one, other in zip(left, right, strict=True)]
        ]
    finally:
        running.kubectl("delete", "sdep", name, "-n", NAMESPACE)


def test_without_an_engine_requests_go_to_the_container_itself(running: Target) -> None:
    """The stand-in answers any path, as v1's wrapped models answer the external one."""
    image = running.images["runtime"]
    containers = {"spec": {"containers": [units.container("price", image, 5)]}}
    graph = {"name": "price", "type": "MODEL"}
    predictor = {"graph": graph, "componentSpecs": [containers], "annotations": {"seldon.io/no-engine": "true"}}
    sdep.apply(running, manifest("no-engine", predictor, {}))
    try:
        wait_ready(running, "no-engine")
        assert sdep.first_answer(running, NAMESPACE, "no-engine", ROWS) == [[6.0, 7.0]]
    finally:
        running.kubectl("delete", "sdep", "no-engine", "-n", NAMESPACE)
