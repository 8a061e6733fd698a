"""Taking the node away: its init, and with it everything; then the files and cgroups."""

from __future__ import annotations

import shutil

from node import cgroups
from node.deadline import until
from node.health import running
from node.layout import Layout

KEPT = {"containerd"}  # its images, which a later node takes over as after a reboot


def end(layout: Layout) -> int | None:
    """Kill the init; the kernel ends all below it, and mounts, links and rules go with them."""
    inside = running(layout)
    if inside is None:
        return None
    inside.init.kill()
    until(lambda: not inside.init.alive(), 30, f"init (process {inside.init.pid}) ends")
    return inside.init.pid


def sweep(layout: Layout) -> None:
    """Remove what a node that is no more has left, but for its images."""
    cgroups.remove(layout.cgroup)
    if layout.state.exists():
        for path in layout.state.iterdir():
            if path.name in KEPT:
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def down(layout: Layout) -> None:
    pid = end(layout)
    if pid:
        print(f"ended    init (process {pid}) and everything under it")
    for parent in cgroups.remove(layout.cgroup):
        print(f"removed  {parent}")
    if layout.state.exists():
        shutil.rmtree(layout.state)
        print(f"removed  {layout.state}")
    elif not pid:
        print("there is no node here")
