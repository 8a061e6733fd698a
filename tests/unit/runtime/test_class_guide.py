"""The guide to Python classes: its class, its commands, its manifest and its Dockerfile work as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.unit.runtime.program import PATIENCE_SECONDS

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs" / "guides" / "python-classes.md").read_text()


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_commands_serve_the_class(tmp_path: Path) -> None:
    (tmp_path / "Prices.py").write_text(block("python"))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", f"set -eu\ntrap 'kill $(jobs -p)' ERR\n{block('sh')}"],
        cwd=tmp_path, env={**os.environ, "PATH": path, "SDEP_DRAIN_SECONDS": "0"},
        capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert '"data":{"names":["price"],"ndarray":[[10.0],[18.0]]}' in done.stdout
    assert '"tags":{"rows":2}' in done.stdout
    assert re.search(r"^priced_total{.*} 2\.0$", done.stdout, re.MULTILINE)


def test_the_dockerfile_runs_a_command_that_the_image_has() -> None:
    """The image has no scripts of our package: its Dockerfile writes this one."""
    (command,) = re.findall(r'^CMD \["(.*?)"\]$', block("dockerfile"), re.MULTILINE)
    assert f"> /usr/local/bin/{command}" in (ROOT / "Dockerfile").read_text()
    assert "FROM base AS runtime\n" in (ROOT / "Dockerfile").read_text()
    assert "COPY Prices.py ." in block("dockerfile")


def test_the_manifest_is_fine(tmp_path: Path) -> None:
    (tmp_path / "prices.yaml").write_text(block("yaml"))
    command = [sys.executable, "-m", "sdep", "lint", str(tmp_path / "prices.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)

    assert done.returncode == 0, done.stdout
