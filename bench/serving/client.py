"""The load: a small Go program, so that the client leaves the machine to the server."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bench.serving.process import Tree
from node.binaries import LOAD


class LoadError(Exception):
    """A server gave no answer, or one that is no prediction."""


class Load(NamedTuple):
    connections: int
    seconds: float
    rate: float = 0
    """Requests a second; 0 asks anew as soon as an answer is there."""


class Measured(NamedTuple):
    rate: float
    p50: float
    p99: float
    cpu: float
    """The server's processor seconds a request."""
    client_cpu: float
    memory: float
    """Bytes of the server's processes, those that they share counted once."""


@cache
def _program() -> Path:
    return LOAD.build()


def measure(port: int, question: bytes, load: Load, tree: Tree, method: str = "") -> Measured:
    """`method` makes it gRPC. Raises LoadError at the first answer that is none."""
    command = [str(_program()), "-address", f"127.0.0.1:{port}", "-connections", str(load.connections)]
    options = ["-seconds", str(load.seconds), "-rate", str(load.rate), *(["-method", method] if method else [])]
    before = tree.cpu_seconds()
    done = subprocess.run([*command, *options], input=question, capture_output=True, check=False)
    cpu = tree.cpu_seconds() - before
    if done.returncode:
        raise LoadError(done.stderr.decode(errors="replace").strip())
    said = json.loads(done.stdout)
    if said["failed"] or not said["requests"]:
        raise LoadError(f"{said['failed']} of {load.connections} connections failed: {said['failure']}")
    count = said["requests"]
    return Measured(
        count / said["seconds"], said["p50"], said["p99"], cpu / count, said["cpu"] / count, tree.memory_bytes()
    )
