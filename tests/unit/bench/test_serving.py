"""The benchmark of serving does what it says, in short."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_a_quick_run() -> None:
    """It measures the runtime and its floor with one load, over one connection and over many, and judges its targets."""
    command = [sys.executable, "-m", "bench.serving", "--quick", "--seconds", "1", "--servers", "runtime,empty"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if " REST " in line]
    assert {line.split("  ")[0] for line in rows} >= {"empty handler", "runtime", "runtime, ensemble of 2"}
    assert all(float(line.split()[-6]) > 0 for line in rows)
    for target in ("requests/s by empty handler", "p50 of named by positional", "p99 by p50 at 80 % load"):
        assert target in done.stdout
