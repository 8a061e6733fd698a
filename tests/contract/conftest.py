"""What these tests need of the machine."""

from __future__ import annotations

import pytest

from node import packages


@pytest.fixture(scope="session")
def prometheus_programs() -> None:
    """`prometheus` and `promtool`, from the Debian archive where they are not there yet."""
    packages.install(packages.PROMETHEUS)
