"""What tests of every kind share: outside judges, each in an environment of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.environment import python_of


@pytest.fixture(scope="session")
def seldon_client_python() -> Path:
    """A Python with the published `seldon-core` package: client and wrapper of Seldon Core v1."""
    return python_of("seldon-client")


@pytest.fixture(scope="session")
def peers_python() -> Path:
    """A Python with MLServer, MLflow and Triton's client for the Open Inference Protocol."""
    return python_of("peers")
