"""What must be true of a node that is up."""

from __future__ import annotations

from node import istio, worker
from node.api import Api
from node.deadline import Condition
from node.inside import Inside
from node.layout import ADDRESS, Layout
from node.problem import Problem
from node.process import Process

PROGRAMS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "containerd",
    "kubelet",
    "kube-proxy",
    "coredns",
    "istiod",
    "forward",
)
RESOLVE = (
    "python3 - <<'END'\n"
    "import socket, struct\n"
    "name = b''.join(bytes([len(part)]) + part for part in b'kubernetes.default.svc.cluster.local'.split(b'.'))\n"
    "query = struct.pack('>6H', 1, 256, 1, 0, 0, 0) + name + b'\\0' + struct.pack('>2H', 1, 1)\n"
    "asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    "asking.settimeout(2)\n"
    f"asking.sendto(query, ('{ADDRESS}', 53))\n"
    "print(socket.inet_ntoa(asking.recv(512)[-4:]))\n"
    "END\n"
)


def running(layout: Layout) -> Inside | None:
    """Find the node of this checkout, if its init is alive."""
    init = Process.read(layout.init)
    return Inside(layout, init) if init and init.alive() else None


def faults(inside: Inside) -> list[str]:
    """Say what is wrong, in the order in which it would cause the rest."""
    api = Api(inside.layout)
    dead = [f"{name} is not running:{inside.tail(name)}" for name in PROGRAMS if not inside.running(name)]
    if dead:
        return dead
    checks: dict[str, Condition] = {
        "the API server is not ready": lambda: api.get("/readyz") == "ok",
        "the node is not Ready": lambda: worker.ready(api),
        "cluster names do not resolve": lambda: inside.run("sh", "-c", RESOLVE).endswith("10.96.0.1\n"),
        "the gateway does not answer": lambda: istio.answers(api),
    }
    return [fault for fault, check in checks.items() if not _holds(check)]


def _holds(check: Condition) -> bool:
    try:
        return bool(check())
    except (OSError, Problem, KeyError):
        return False
