"""Taking away what a cluster stands on: the operators' processes, the API server, its store."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from demo import operator
from demo.kubectl import Target, until
from node.api import Api
from node.control_plane import API_SERVER
from node.health import running
from node.inside import Inside
from node.layout import Layout
from node.problem import Problem


def kill_operators(target: Target) -> None:
    """SIGKILL for every installed operator, with no word of good-bye and no lease handed over; until they run again."""
    pods = operator.pods(target)
    restarts = _restarts(pods)
    names = {uid.replace("-", sign) for uid in (pod["metadata"]["uid"] for pod in pods) for sign in "-_"}
    killed = [pid for pid in _operating() if any(name in Path(f"/proc/{pid}/cgroup").read_text() for name in names)]
    assert len(killed) == len(pods), f"of {len(pods)} operators {len(killed)} run on this machine"
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    until(lambda: _restarts(operator.pods(target)) == restarts + len(killed), "the operators are started again", 60)
    operator.wait(target)


def _restarts(pods: list[dict[str, Any]]) -> int:
    return sum(status["restartCount"] for pod in pods for status in pod["status"]["containerStatuses"])


def _operating() -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and b"operate" in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:  # gone meanwhile
            continue
    return found


@contextmanager
def api_server_away() -> Iterator[None]:
    """Killed at the beginning of the block, started again at its end and ready after it; the store keeps what it knows."""
    node, api = _node(), Api(Layout())
    pid = _pid(node, "kube-apiserver")
    node.run("kill", "-KILL", pid)
    until(lambda: not node.running("kube-apiserver") and _threads(node, pid) <= 1, "the API server ends", 30)
    try:
        yield
    finally:
        node.start("kube-apiserver", ["sdep-node", "kube-apiserver", *API_SERVER])
        until(lambda: _ready(api), "the API server is ready again", 90)


@contextmanager
def store_paused(seconds: float) -> Iterator[None]:
    """Etcd stands still from the beginning of the block, for so long at least."""
    node = _node()
    pid, began = _pid(node, "etcd"), time.monotonic()
    node.run("kill", "-STOP", pid)
    try:
        yield
        until(lambda: time.monotonic() - began > seconds, "the pause is over", seconds + 1)
    finally:
        node.run("kill", "-CONT", pid)
        until(lambda: _ready(Api(Layout())), "the API server is ready again", 60)


def _node() -> Inside:
    node = running(Layout())
    assert node, "what a cluster stands on is taken away on the local node alone: unset KUBECONFIG"
    return node


def _pid(node: Inside, name: str) -> str:
    return (node.layout.state / "pid" / name).read_text().strip()


def _threads(node: Inside, pid: str) -> int:
    """A killed process holds its port until its last thread has ended, though its first is a zombie by then."""
    try:
        return len(list(Path(f"/proc/{node.init.pid}/root/proc/{pid}/task").iterdir()))
    except OSError:
        return 0


def _ready(api: Api) -> bool:
    """Asked by a process of its own: Python leaves a socket open where a TLS handshake is cut short."""
    try:
        return api.kubectl("get", "--raw", "/readyz", "--request-timeout=5s").strip() == "ok"
    except Problem:
        return False
