"""A process of the machine that is known by more than a number."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

ENDED = {"Z", "X"}


@dataclass(frozen=True)
class Process:
    """A process id with its start time: a recycled id is another process."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Self:
        return cls(pid, _stat(pid)[19])

    @classmethod
    def read(cls, file: Path) -> Self | None:
        try:
            return cls(**json.loads(file.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self)))

    def alive(self) -> bool:
        try:
            stat = _stat(self.pid)
        except OSError:
            return False
        return stat[19] == self.started and stat[0] not in ENDED

    def kill(self) -> None:
        """Kill just this process: the descriptor is taken first, then the identity checked."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            if self.alive():
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        finally:
            os.close(descriptor)


def _stat(pid: int) -> list[str]:
    """Give the fields from the state on: the name before them may hold spaces."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except ProcessLookupError as gone:
        raise FileNotFoundError(pid) from gone
