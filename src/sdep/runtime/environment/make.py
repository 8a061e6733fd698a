"""An environment with a model's own requirements, made once by uv for all who share the cache."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, TextIO

from sdep.runtime.cache_limit import note_growth
from sdep.runtime.lock import locked, share
from sdep.runtime.log import event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_SAID = 600
_UV_OF_ALL = {"UV_NO_PROGRESS": "1", "UV_SYSTEM_CERTS": "1", "UV_PYTHON_PREFERENCE": "system"}


class EnvironmentNotMadeError(Exception):
    """A sentence for the user: what uv said, and what there is to do."""


def make_environment(lines: Sequence[str], python: str, cache: Path, environment: Mapping[str, str]) -> Path:
    """The environment's Python. `python` is the version wanted, "" for the image's; several that want the same make it once.

    It grows under another name: whoever finds it finds all of it.
    """
    version = ".".join(python.split(".")[:2]) or f"{sys.version_info.major}.{sys.version_info.minor}"
    key = _key(lines, version)
    home = cache / "environments" / key
    with locked(cache / "locks" / key):
        if not (home / "bin" / "python").exists():
            begin = time.monotonic()
            growing = home.with_name(f".{key}")
            shutil.rmtree(growing, ignore_errors=True)
            shutil.rmtree(home, ignore_errors=True)
            with locked(cache / "locks" / "uv", shared=True):
                _build(lines, version, growing, _variables(cache, environment))
                if (cache / "uv").exists():
                    os.utime(cache / "uv")
            growing.rename(home)
            note_growth(cache)
            event("environment made", path=str(home), seconds=round(time.monotonic() - begin, 3))
        else:
            event("environment found in the cache", path=str(home))
        os.utime(home)
    return home / "bin" / "python"


def hold(python: Path) -> TextIO | None:
    """Keep an environment, whose Python this is, in the cache until what is returned is closed; None for a Python from elsewhere."""
    home = python.parents[1]
    try:
        return share(home.parents[1] / "locks" / home.name)
    except FileNotFoundError:
        return None
    except OSError as error:
        event("environment not held in the cache", level="warning", path=str(home), detail=str(error))
        return None


def _key(lines: Sequence[str], version: str) -> str:
    """A base Python that moved, with another image, makes the environments on it new too."""
    base = [version, sys.base_prefix, platform.machine(), sorted(lines)]
    return hashlib.sha256(json.dumps(base).encode()).hexdigest()[:32]


def _variables(cache: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The user's own UV_* win: an index, a folder of wheels, offline."""
    ours = {"UV_CACHE_DIR": str(cache / "uv"), "UV_PYTHON_INSTALL_DIR": str(cache / "python"), **_UV_OF_ALL}
    return {**ours, **environment}


def _build(lines: Sequence[str], version: str, growing: Path, variables: Mapping[str, str]) -> None:
    uv = shutil.which("uv", path=variables.get("PATH"))
    if uv is None:
        raise EnvironmentNotMadeError(
            "there is no uv to make it with: use the runtime's own image for the init container"
        )
    growing.parent.mkdir(parents=True, exist_ok=True)
    _run([uv, "venv", "--quiet", "--no-project", "--python", version, str(growing)], variables)
    written = growing / "requirements.txt"
    written.write_text("".join(f"{line}\n" for line in lines))
    target = str(growing / "bin" / "python")
    _run([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", target, "-r", str(written)], variables)


def _run(command: Sequence[str], variables: Mapping[str, str]) -> None:
    done = subprocess.run(command, env=dict(variables), capture_output=True, text=True, check=False)  # noqa: S603 - uv
    if done.returncode:
        said = " ".join(done.stderr.split())[-_SAID:]
        advice = "UV_INDEX_URL, UV_FIND_LINKS and UV_OFFLINE in the secret that envSecretRefName names say where packages are"
        raise EnvironmentNotMadeError(f"uv could not make it: {said} ({advice})")
