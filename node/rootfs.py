"""The base image's file system: a minimal Debian with Python, made without a registry."""

from __future__ import annotations

import tempfile
from pathlib import Path

from node import command, digest
from node.layout import cache

SUITE = "trixie"
INCLUDED = "python3,python3-venv,ca-certificates,curl,libgomp1"
DROPPED = ("./var/cache/apt/archives/*.deb", "./var/lib/apt/lists/*", "./dev/*")


def archive() -> Path:
    """Return the cached archive, made now if it must be."""
    file = cache() / f"rootfs-{digest.of([SUITE, INCLUDED, *DROPPED])}.tar"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent) as scratch:
            _make(Path(scratch)).rename(file)
    return file


def _make(scratch: Path) -> Path:
    root, packed = scratch / "root", scratch / "rootfs.tar"
    # Its mounts of /proc and /sys end with the namespace, however it ends.
    private = ["unshare", "--mount", "--"]
    command.run([*private, "debootstrap", "--variant=minbase", f"--include={INCLUDED}", SUITE, root])
    excluded = [f"--exclude={pattern}" for pattern in DROPPED]
    command.run(["tar", "--numeric-owner", *excluded, "-C", root, "-cf", packed, "."])
    return packed
