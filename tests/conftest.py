"""What tests of every kind share: the published client and wrapper of Seldon Core v1, the outside judge."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def seldon_client_python() -> Path:
    """A Python with the published `seldon-core` package, in an environment of its own."""
    python = ROOT / ".tools" / "seldon-client" / "bin" / "python"
    uv = str(ROOT / ".tools" / "bin" / "uv")
    locked = str(ROOT / "requirements" / "seldon-client.txt")
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(python.parents[1])], check=True)
    subprocess.run([uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(python), locked], check=True)
    return python
