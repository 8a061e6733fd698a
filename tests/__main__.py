"""Every test, stage by stage, with the time each took: `python -m tests`, or `--no-node` for what needs no cluster."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
CHECKED = ["src", "node", "demo", "bench", "charts", "tests"]

STATIC = (
    ("format", ["ruff", "format", "--check", "--quiet", *CHECKED]),
    ("lint", ["ruff", "check", "--quiet", *CHECKED]),
    ("types", ["mypy", "--no-error-summary"]),
    ("import rules", ["lint-imports", "--no-logo"]),
    ("dependencies", ["deptry", "src"]),
)
AGAIN = ["--reruns=1", "-rR"]
"""On a cluster that shares two cores with its load a wait can be too short: a test that failed is printed, and run once more."""
OFFLINE = ["tests/unit", "tests/golden", "tests/contract"]


def main() -> int:
    start = time.monotonic()
    for name, command in _stages():
        began = time.monotonic()
        print(f"== {name}", flush=True)
        done = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, check=False)
        print(f"== {name}: {'ok' if not done.returncode else 'FAILED'} in {time.monotonic() - began:.0f} s", flush=True)
        if done.returncode:
            return done.returncode
    left_out = _left_out()
    ended = f"all tests passed in {time.monotonic() - start:.0f} s"
    print(f"{ended}; left out, {left_out}" if left_out else ended)
    return 0


def _stages() -> Iterator[tuple[str, list[str]]]:
    yield from STATIC
    yield "tests without a cluster", ["python", "-m", "pytest", "-q", "--durations=15", *OFFLINE]
    if not _left_out():
        yield "tests on a real cluster", ["python", "-m", "pytest", "-v", "--durations=30", *AGAIN, "tests/node"]


def _left_out() -> str:
    """Why the tests on a cluster are left out, or "". In CI they never are."""
    if "--no-node" in sys.argv:
        return "as asked: the tests on a real cluster"
    if os.environ.get("CI") or os.environ.get("KUBECONFIG") or os.geteuid() == 0:
        return ""
    return "for want of root and of a KUBECONFIG: the tests on a real cluster"


if __name__ == "__main__":
    sys.exit(main())
