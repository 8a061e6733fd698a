"""Doing things inside a running node."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from node import command
from node.deadline import until
from node.layout import INSIDE, Layout
from node.problem import Problem
from node.process import Process

EVERYWHERE = ("--mount", "--pid", "--net", "--uts", "--ipc")
TAIL = 15


@dataclass(frozen=True)
class Inside:
    """The namespaces of the node's init."""

    layout: Layout
    init: Process

    def run(self, *arguments: str | Path, text: str | None = None) -> str:
        return command.run([*self._enter(EVERYWHERE), *arguments], text=text)

    def start(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        namespaces: Sequence[str] = EVERYWHERE,
    ) -> None:
        """Leave a program running as a child of the node's init, and note its id there."""
        note = f'echo $$ > {INSIDE}/pid/{name} && exec "$0" "$@"'
        self._noted(name).unlink(missing_ok=True)
        with self.log(name).open("a") as log:
            started = subprocess.run(
                [*self._enter(namespaces), "setsid", "--fork", "sh", "-c", note, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": f"{INSIDE}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", **(env or {})},
                cwd="/",
                check=False,
            )
        if started.returncode:
            raise Problem(f"{name} did not start:\n{self.tail(name)}")
        until(lambda: self._noted(name).read_text(), 10, f"{name} notes its process id")

    def running(self, name: str) -> bool:
        """Tell whether a started program still runs, by the id it noted."""
        try:
            pid = self._noted(name).read_text().strip()
            state = Path(f"/proc/{self.init.pid}/root/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        return state not in {"Z", "X"}

    def log(self, name: str) -> Path:
        return self.layout.log / f"{name}.log"

    def tail(self, name: str) -> str:
        if not self.log(name).exists():
            return ""
        lines = self.log(name).read_text(errors="replace").splitlines()[-TAIL:]
        return "\n".join(["", f"--- {self.log(name)}", *lines])

    def _noted(self, name: str) -> Path:
        return self.layout.state / "pid" / name

    def _enter(self, namespaces: Sequence[str]) -> list[str]:
        return ["nsenter", "--target", str(self.init.pid), *namespaces, "--"]
