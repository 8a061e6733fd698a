"""Which pieces of which files are on the disk: what a download that was cut off, or killed, goes on from."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sdep.runtime.storage.store import StoredFile

Piece = tuple[int, int]
"""From its first byte to before its last."""


def identity(uri: str, files: Sequence[StoredFile]) -> str:
    """The same for the same content, as far as the store tells."""
    listed = [[file.path, file.size, file.version] for file in sorted(files, key=lambda file: file.path)]
    return json.dumps([uri, listed], separators=(",", ":"))


class Journal:
    """A file of lines: the download's identity, then every piece that was written, each line with its end or not at all."""

    def __init__(self, path: Path, name: str) -> None:
        """Continue a journal of that very download; one of another says nothing of this one, and is begun anew."""
        self._path = path
        self._lock = threading.Lock()
        self._written: dict[str, set[Piece]] = {}
        self.continues = self._read(name)
        if not self.continues:
            path.write_text(f"{json.dumps(name)}\n")
        self._file = path.open("a", buffering=1)

    def written(self, path: str) -> set[Piece]:
        return set(self._written.get(path, ()))

    def add(self, path: str, piece: Piece) -> None:
        with self._lock:
            self._file.write(f"{json.dumps([path, *piece])}\n")

    def forget(self, path: str) -> None:
        """All that is known of one file: it was damaged."""
        with self._lock:
            self._written.pop(path, None)
            self._file.write(f"{json.dumps([path])}\n")

    def close(self) -> None:
        self._file.close()

    def _read(self, name: str) -> bool:
        try:
            lines = self._path.read_text().splitlines(keepends=True)
        except (OSError, UnicodeDecodeError):
            return False
        known = [json.loads(line) for line in lines if line.endswith("\n")]
        if not known or known[0] != name:
            return False
        for path, *piece in known[1:]:
            if piece:
                self._written.setdefault(path, set()).add((piece[0], piece[1]))
            else:
                self._written.pop(path, None)
        if not lines[-1].endswith("\n"):  # killed while it wrote
            self._path.write_text("".join(line for line in lines if line.endswith("\n")))
        return True
