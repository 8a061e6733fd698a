"""The five patterns of `examples/`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from demo.kubectl import Target
from demo.target import ROOT

FOLDERS = ("simple", "ab-test", "canary", "shadow", "ensemble")


@dataclass(frozen=True)
class Pattern:
    folder: str
    name: str
    namespace: str

    def status(self, target: Target) -> dict[str, Any]:
        found: dict[str, Any] = target.get("sdep", self.name, "-n", self.namespace).get("status", {})
        return found


def load() -> list[Pattern]:
    patterns = []
    for folder in FOLDERS:
        metadata = yaml.safe_load(_file(folder).read_text())["metadata"]
        patterns.append(Pattern(folder, metadata["name"], metadata["namespace"]))
    return patterns


def apply(target: Target, patterns: list[Pattern]) -> None:
    for pattern in patterns:
        target.kubectl("apply", "-f", str(_file(pattern.folder)))


def delete(target: Target, patterns: list[Pattern]) -> None:
    for pattern in patterns:
        target.kubectl("delete", "-f", str(_file(pattern.folder)), "--ignore-not-found")


def wait(target: Target, patterns: list[Pattern], seconds: int = 300) -> None:
    """Until every pattern is Ready, as `kubectl wait` sees it."""
    for pattern in patterns:
        ready = ("wait", "--for=condition=Ready", f"sdep/{pattern.name}", "-n", pattern.namespace)
        target.kubectl(*ready, f"--timeout={seconds}s")


def _file(folder: str) -> Path:
    return ROOT / "examples" / folder / "deployment.yaml"
