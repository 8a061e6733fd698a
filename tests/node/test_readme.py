"""The README's commands do what it says."""

from __future__ import annotations

import re
import subprocess

from demo.kubectl import Target
from demo.patterns import Pattern
from demo.target import ROOT
from tests.node import sdep

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TWO_SCREENS = 120


def test_the_readme_fits_on_two_screens() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= TWO_SCREENS


def test_every_command_of_the_readme_runs_as_it_stands(target: Target, served: dict[str, Pattern]) -> None:
    quick_start, *every_day = BLOCK.findall((ROOT / "README.md").read_text())
    assert quick_start.split("\n") == ["make demo", "make test", ""]
    script = "\n".join(["set -eu", "trap 'kill $(jobs -p)' EXIT", *every_day])
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env=target.environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    canary = served["canary"].name
    try:
        assert done.returncode == 0, done.stderr
        assert '"ndarray":[' in done.stdout
        assert "kind: VirtualService" in done.stdout
        sdep.wait_for(target, canary, "TrafficAsRequested", "WeightsCompleted")
        assert sdep.status(target, canary)["summary"]["traffic"] == "main 75, canary 25"
    finally:
        sdep.patch(target, canary, "/spec/predictors/1/traffic", 10)
        sdep.wait_for(target, canary, "TrafficAsRequested", "AsWritten")
