"""What the container may use, as its control group says: CPUs and memory."""

from __future__ import annotations

import os
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")


def cpu_limit(groups: Path = _GROUPS) -> float | None:
    """CPUs that `limits.cpu` grants; None where nothing limits them."""
    quota, period = (
        _words(groups / "cpu.max")
        or (
            *_words(groups / "cpu/cpu.cfs_quota_us"),
            *_words(groups / "cpu/cpu.cfs_period_us"),
        )
        or ("max", "1")
    )
    return None if quota in {"max", "-1"} else int(quota) / int(period)


def memory_limit(groups: Path = _GROUPS) -> int | None:
    """Bytes that `limits.memory` grants; None where nothing limits them."""
    (limit,) = _words(groups / "memory.max") or _words(groups / "memory/memory.limit_in_bytes") or ("max",)
    return None if limit == "max" or int(limit) >= _machine_memory() else int(limit)


def usable_cpus() -> float:
    """The limit, or without one what the machine lets this process run on."""
    machine = len(os.sched_getaffinity(0))
    return min(cpu_limit() or machine, machine)


def spare_workers() -> int:
    """Workers where nobody says how many: one for each whole CPU granted; without a limit one, the machine is for others too."""
    limit = cpu_limit()
    return 1 if limit is None else max(1, int(limit))


def resident_bytes(process: int) -> int:
    """Memory that a process holds now; 0 once it is gone."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _machine_memory() -> int:
    """Version 1 of control groups says "no limit" with a number larger than any machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _words(path: Path) -> tuple[str, ...]:
    try:
        return tuple(path.read_text().split())
    except OSError:
        return ()
