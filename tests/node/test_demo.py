"""The demo is the README's promise: one command, and a table in the end."""

from __future__ import annotations

import subprocess

from demo.kubectl import Target
from demo.patterns import Pattern
from demo.target import ROOT


def test_the_demo_can_be_run_again_at_any_time_and_loses_no_request(target: Target, served: dict[str, Pattern]) -> None:
    done = subprocess.run(
        ["make", "demo"], cwd=ROOT, env=target.environment(), capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for pattern in served.values():
        (row,) = [line for line in done.stdout.splitlines() if line.startswith(pattern.name)]
        assert row.split()[-1] == "0", f"requests failed: {row}"
