"""Environments beside our own, for what must not share our packages: published clients, other model servers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def python_of(name: str) -> Path:
    """The interpreter of an environment that holds exactly `requirements/<name>.txt`; made where it is missing."""
    python = ROOT / ".tools" / name / "bin" / "python"
    uv = str(ROOT / ".tools" / "bin" / "uv")
    locked = str(ROOT / "requirements" / f"{name}.txt")
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(python.parents[1])], check=True)
    subprocess.run([uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(python), locked], check=True)
    return python
