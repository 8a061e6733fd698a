"""What tests of every kind share: outside judges, each in an environment of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.environment import python_of
from tests.registry_server import RegistryServer, registry_server


@pytest.fixture(scope="session")
def seldon_client_python() -> Path:
    """A Python with the published `seldon-core` package: client and wrapper of Seldon Core v1."""
    return python_of("seldon-client")


@pytest.fixture(scope="session")
def peers_python() -> Path:
    """A Python with MLServer, MLflow and Triton's client for the Open Inference Protocol."""
    return python_of("peers")


@pytest.fixture(scope="session")
def pipelines_python() -> Path:
    """A Python with Kubeflow Pipelines' package: it wants an older protobuf than the runtime."""
    return python_of("pipelines")


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    """A real MLflow server with one model; who moves its alias `champion` moves it back."""
    with registry_server(python_of("mlflow"), tmp_path_factory.mktemp("mlflow")) as server:
        yield server
