"""One cluster for all tests: the local node, or the one that KUBECONFIG names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo import operator, patterns, platform
from demo.kubectl import Target, until
from demo.patterns import Pattern
from demo.target import choose
from tests.node.mlflow import Mlflow


@pytest.fixture(scope="session")
def bare_target() -> Target:
    """A cluster with images and nothing of ours on it that this session needs."""
    return choose()


@pytest.fixture(scope="session")
def target(bare_target: Target) -> Target:
    """The cluster with the operator installed by its chart, and a data platform with trained models."""
    operator.install(bare_target)
    platform.install(bare_target)
    platform.train(bare_target)
    return bare_target


@pytest.fixture(scope="session")
def mlflow(target: Target) -> Mlflow:
    return Mlflow(target)


@pytest.fixture(scope="session")
def served(target: Target) -> dict[str, Pattern]:
    """The five patterns of `examples/`, applied and Ready, by the name of their folder."""
    chosen = patterns.load()
    patterns.apply(target, chosen)
    patterns.wait(target, chosen)
    return {pattern.folder: pattern for pattern in chosen}


@pytest.fixture
def scratch(target: Target) -> Iterator[list[str]]:
    """SeldonDeployments to delete when the test ends: append their names; all live in data-platform."""
    names: list[str] = []
    yield names
    for name in names:
        target.kubectl("delete", "sdep", name, "-n", platform.NAMESPACE, "--ignore-not-found")
    labelled = ",".join(names)
    if names:
        selector = f"seldon-deployment-id in ({labelled})"
        gone = lambda: not target.get("pods", "-n", platform.NAMESPACE, "-l", selector)["items"]  # noqa: E731
        until(gone, f"the pods of {labelled} are gone")
