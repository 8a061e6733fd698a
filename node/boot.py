"""The empty machine: namespaces, identities, configuration, ways in."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from string import Template

from node import cgroups, command, kubeconfig
from node.deadline import until
from node.images import PAUSE
from node.inside import Inside
from node.layout import ADDRESS, HERE, INSIDE, Layout
from node.problem import Problem
from node.process import Process

# Preferred, so that addresses stay the same from one node to the next; taken ones are replaced.
WAYS = (("api", "127.0.0.1:16443", f"{ADDRESS}:6443"), ("gateway", "127.0.0.1:18080", "10.96.0.80:80"))
COMPONENTS = ("controller-manager", "scheduler", "proxy", "kubelet", "coredns", "istiod")
ABOUT_A_FORWARD = ("--mount", "--pid")  # all but the network: it listens on the machine's own loopback


def boot(layout: Layout) -> Inside:
    """Start the init and everything that must be there before the first component."""
    for folder in (layout.config, layout.pki, layout.log / "pods", layout.state / "pid"):
        folder.mkdir(parents=True, exist_ok=True)
    cgroups.make(layout.cgroup)
    inside = Inside(layout, _start_init(layout))
    _forward(inside)
    _identify(layout)
    _configure(layout)
    return inside


def _start_init(layout: Layout) -> Process:
    """Note the init's identity at once: it is what `down` goes by."""
    with (layout.log / "init.log").open("w") as log:  # the init keeps it, so a pipe would never end
        boot: list[str | Path] = [layout.bin / "sdep-node", "boot", layout.state]
        booted = subprocess.run(boot, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, check=False)
    if booted.returncode:
        raise Problem(f"the node's namespaces could not be made: {(layout.log / 'init.log').read_text()}")
    init = Process.of(int(booted.stdout))
    init.write(layout.init)
    return init


def _forward(inside: Inside) -> None:
    layout = inside.layout
    ways = ["=".join(way) for way in WAYS]
    forward = ["sdep-node", "forward", f"{INSIDE}/{layout.forwards.name}", *ways]
    inside.start("forward", forward, namespaces=ABOUT_A_FORWARD)
    until(layout.forwards.exists, 10, "the forwards listen")
    layout.gateway.write_text(json.loads(layout.forwards.read_text())["gateway"] + "\n")


def _identify(layout: Layout) -> None:
    command.run([layout.bin / "sdep-node", "certs", layout.pki])
    outside = json.loads(layout.forwards.read_text())["api"]
    kubeconfig.write(layout.kubeconfig, layout.pki, "admin", f"https://{outside}")
    for component in COMPONENTS:
        file = layout.config / f"{component}.kubeconfig"
        kubeconfig.write(file, layout.pki, component, f"https://{ADDRESS}:6443")


def _configure(layout: Layout) -> None:
    values = {"cgroup": f"/{layout.cgroup}", "pause": PAUSE.reference}
    for template in (HERE / "config").iterdir():
        filled = Template(template.read_text()).safe_substitute(values)
        (layout.config / template.name).write_text(filled)
