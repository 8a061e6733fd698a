"""kubectl and helm, as a user calls them."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class CommandError(Exception):
    """A command that failed, with what it printed."""


@dataclass(frozen=True)
class Target:
    """A cluster to run on. `gateway` is the host:port on loopback behind which its Istio gateway answers."""

    kubeconfig: Path
    gateway: str
    images: dict[str, str]
    tools: str = ""

    def environment(self) -> dict[str, str]:
        path = f"{self.tools}:{os.environ['PATH']}" if self.tools else os.environ["PATH"]
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig), "PATH": path}

    def run(self, *command: str, stdin: str | None = None) -> str:
        """Standard output. Raises CommandError with standard error."""
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, check=False, env=self.environment(), timeout=600
        )
        if done.returncode:
            raise CommandError(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}")
        return done.stdout

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        return self.run("kubectl", *arguments, stdin=stdin)

    def get(self, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.kubectl("get", *arguments, "-o", "json"))
        return found

    def apply(self, manifest: str) -> None:
        self.kubectl("apply", "-f", "-", stdin=manifest)


def until(condition: Callable[[], bool], what: str, seconds: float = 180) -> None:
    """Wait for a condition. Raises TimeoutError that names what did not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.2)
