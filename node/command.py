"""Running a program to its end."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from node.problem import Problem

TAIL = 25


def run(
    arguments: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    text: str | None = None,
) -> str:
    """Return the output; a failure becomes a problem that quotes the end of it."""
    words = [str(argument) for argument in arguments]
    done = subprocess.run(
        words, env={**os.environ, **(env or {})}, cwd=cwd, input=text, capture_output=True, text=True, check=False
    )
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-TAIL:])
        raise Problem(f"`{shlex.join(words)[:300]}` failed with {done.returncode}:\n{tail}")
    return done.stdout
