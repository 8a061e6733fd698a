"""A note beside a model's files that says which content they are: a container that starts again need not fetch it again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NOTE = ".sdep-fetched"
_UNFINISHED = ".sdep-fetched.new"


def sizes(folder: Path) -> dict[str, int]:
    """Every file below the folder, or of the one file, by its path."""
    if folder.is_file():
        return {folder.name: folder.stat().st_size}
    return {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*") if path.is_file()}


def leave_note(directory: Path, identity: str, files: dict[str, int]) -> None:
    """Last of all: whoever finds the note finds the files."""
    unfinished = directory / _UNFINISHED
    unfinished.write_text(json.dumps({"identity": identity, "files": files}))
    unfinished.rename(directory / NOTE)


def is_whole(directory: Path, identity: str) -> bool:
    """Whether the folder has that very content, all of it."""
    return _identity(directory) == identity


def is_whole_of(directory: Path, uri: str) -> bool:
    """Whether the folder has all of what that URI once held."""
    noted = _identity(directory)
    return bool(noted) and json.loads(noted)[0] == uri


def _identity(directory: Path) -> str:
    """That of the note, or "" where there is none or files are missing."""
    try:
        noted = json.loads((directory / NOTE).read_text())
        there = all((directory / path).stat().st_size == size for path, size in noted["files"].items())
    except (OSError, ValueError, KeyError):
        return ""
    return str(noted["identity"]) if there else ""
