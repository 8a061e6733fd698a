"""Building images without a container engine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from node import command, digest
from node.layout import cache

LAUNCH_OF_TIME = 946684800  # any constant will do: a layer is cached by its files' times, too
CERTIFICATES = "/etc/ssl/certs"


def buildah(*arguments: str | Path) -> str:
    """Run buildah on a store of its own; the mounts it makes end with its namespace."""
    return command.run([*program(), *arguments], env=environment())


def program() -> list[str | Path]:
    """The command that works on that store, before its own arguments."""
    store = _store()
    places: list[str | Path] = ["--root", store / "root", "--runroot", store / "run", "--storage-driver", "overlay"]
    return ["unshare", "--mount", "--", "/usr/bin/buildah", *places]


def environment() -> dict[str, str]:
    """Without a folder of its own it leaves a lock file in /etc."""
    settings = _setting("containers.conf", f'[network]\nnetwork_config_dir = "{_store()}/networks"')
    return {"CONTAINERS_CONF": str(settings)}


def _store() -> Path:
    return cache() / "buildah"


def _setting(name: str, content: str) -> Path:
    file = _store() / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{content}\n")
    return file


def exists(reference: str) -> bool:
    return reference in buildah("images", "--format", "{{.Name}}:{{.Tag}}").splitlines()


def build(reference: str, dockerfile: Path, context: Path, *, target: str = "", base: str = "") -> None:
    """Build one image. The machine's certificates are there for the build and not in the image."""
    options: list[str | Path] = ["--isolation", "chroot", "--network", "host", "--layers", "--pull-never"]
    # A machine may trust an authority of its own, which the base image does not know.
    options += ["--volume", f"{CERTIFICATES}:{CERTIFICATES}:ro"]
    options += ["--volume", f"{_setting('uv.toml', 'system-certs = true')}:/etc/uv/uv.toml:ro"]
    options += ["--target", target] if target else []
    options += ["--build-arg", f"BASE_IMAGE={base}"] if base else []
    buildah("bud", *options, "--tag", reference, "--file", dockerfile, context)


def export(reference: str, file: Path) -> None:
    buildah("push", "--quiet", reference, f"docker-archive:{file}:{reference}")


def stage(context: Path, sources: Iterable[tuple[Path, str]]) -> None:
    """Copy each path to its name in the context, all of one age, so that layers are found again."""
    for source, name in sources:
        for file in digest.files(source):
            copy = context / name / file.relative_to(source) if source.is_dir() else context / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
            copy.chmod(0o755 if os.access(file, os.X_OK) and copy.stat().st_mode & 0o100 else 0o644)
    for path in (*context.rglob("*"), context):
        if path.is_dir():
            path.chmod(0o755)
        os.utime(path, (LAUNCH_OF_TIME, LAUNCH_OF_TIME))
