"""Content hashes that name cached artefacts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

LENGTH = 12


def of(words: Iterable[str], paths: Iterable[Path] = ()) -> str:
    """Hash the words, and the names and contents of the files and folders."""
    digest = hashlib.sha256()
    for word in words:
        digest.update(f"{word}\0".encode())
    for path in paths:
        for file in files(path):
            digest.update(f"{file.relative_to(path.parent)}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:LENGTH]


def files(path: Path) -> Iterator[Path]:
    """Walk what counts of a path: bytecode is a by-product and does not."""
    if path.is_file():
        yield path
        return
    for child in sorted(path.rglob("*")):
        if child.is_file() and "__pycache__" not in child.parts:
            yield child
