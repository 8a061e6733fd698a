"""The programs that come from the Debian archive."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from node import command
from node.problem import Problem

# Each package by the program that shows it is there.
NODE = {
    "containerd": "containerd",
    "runc": "runc",
    "containernetworking-plugins": "/usr/lib/cni/ptp",
    "nftables": "nft",
    "conntrack": "conntrack",
    "buildah": "buildah",
    "debootstrap": "debootstrap",
    "socat": "socat",
    "ethtool": "ethtool",
    "iproute2": "ip",
    "util-linux": "nsenter",
}
PROMETHEUS = {"prometheus": "promtool"}
CHROMIUM = {"chromium": "chromium"}
SHELLS = {"zsh": "zsh", "fish": "fish"}
NO_SERVICES = Path("/usr/sbin/policy-rc.d")


def missing(packages: Mapping[str, str]) -> list[str]:
    return [package for package, program in packages.items() if not shutil.which(program)]


def install(packages: Mapping[str, str]) -> list[str]:
    """Install what is missing, without letting any of it start a service."""
    wanted = missing(packages)
    if not wanted:
        return []
    if not shutil.which("apt-get"):
        raise Problem(f"install these and try again: {', '.join(wanted)}")
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    ours = not NO_SERVICES.exists()
    if ours:
        NO_SERVICES.write_text("#!/bin/sh\nexit 101\n")
        NO_SERVICES.chmod(0o755)
    try:
        command.run(["apt-get", "update", "-q"], env=env)
        command.run(["apt-get", "install", "-q", "-y", "--no-install-recommends", *wanted], env=env)
    finally:
        if ours:
            NO_SERVICES.unlink()
    return wanted
