"""The one thing a node leaves outside its namespaces: a parent cgroup in each hierarchy."""

from __future__ import annotations

from pathlib import Path

from node.deadline import until

KINDS = {"cgroup", "cgroup2"}


def hierarchies() -> list[Path]:
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return [Path(mount[1]) for mount in mounts if mount[2] in KINDS]


def make(name: str) -> None:
    """Create the parent wherever pods are accounted for."""
    for hierarchy in hierarchies():
        if hierarchy.name == "unified":
            continue  # beside v1 hierarchies nothing is accounted for here
        parent = hierarchy / name
        parent.mkdir(exist_ok=True)
        for setting in ("cpuset.cpus", "cpuset.mems"):  # v1 starts them empty, and nothing runs on no cpu
            if (hierarchy / setting).exists():
                (parent / setting).write_text((hierarchy / setting).read_text())


def remove(name: str) -> list[Path]:
    """Remove the parents with all below; the kernel lets go of the last processes a little late."""
    found = [hierarchy / name for hierarchy in hierarchies() if (hierarchy / name).is_dir()]
    for parent in found:
        until(lambda parent=parent: _removed(parent), 20, f"the processes in {parent} end")  # type: ignore[misc]
    return found


def _removed(parent: Path) -> bool:
    for child in sorted(parent.rglob("*"), reverse=True):
        if child.is_dir():
            child.rmdir()
    parent.rmdir()
    return True
