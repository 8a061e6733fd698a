"""What a process and all that it started have used, as Linux counts it."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_KIBIBYTE = 1024


class Tree:
    """A process with its descendants of the moment; those that ended are forgotten, so a total may fall."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def cpu_seconds(self) -> float:
        return sum(_cpu(pid) for pid in self._members())

    def memory_bytes(self) -> float:
        """Proportional set size: what several share counts once."""
        return sum(_pss(pid) for pid in self._members())

    def _members(self) -> list[int]:
        found, waiting = [], [self._pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            waiting += _children(pid)
        return found


def _children(pid: int) -> list[int]:
    text = [_read(file) for file in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(word) for line in text for word in line.split()]


def _cpu(pid: int) -> float:
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0


def _pss(pid: int) -> float:
    lines = _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines()
    return sum(_KIBIBYTE * float(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it has ended
        return ""
