"""What processes have learned, kept in files: each writes its own, and reads all the others.

So a process that starts again knows what it knew, and processes that share the folder (a restarted container, the
replicas on one volume) learn from each other without a lock: nobody ever writes what somebody else wrote.
"""

from __future__ import annotations

import os
import socket
import uuid
from typing import TYPE_CHECKING, Any

import orjson

from sdep.runtime.learning.policy import Record
from sdep.runtime.log import event

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Records = Mapping[str, Record]
    """By the branch's name, so that a graph whose children change order loses nothing."""

_SUFFIX = ".json"


class Store:
    """One process's file in `folder`; none is written before there is something to keep."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = ""
        self._read: dict[str, tuple[int, Records]] = {}

    def write(self, records: Records) -> None:
        """Replace the own file as a whole: who reads at that moment sees the old one or the new one."""
        self._own = self._own or f"{socket.gethostname()}-{uuid.uuid4().hex[:12]}{_SUFFIX}"
        self._folder.mkdir(parents=True, exist_ok=True)
        body = orjson.dumps({"branches": {name: list(record) for name, record in records.items()}})
        beside = self._folder / f".{self._own}"
        beside.write_bytes(body)
        beside.replace(self._folder / self._own)

    def others(self) -> dict[str, Record]:
        """The sum of what all other files say. A file that has not changed is not read again."""
        total: dict[str, Record] = {}
        for name in self._names():
            for branch, record in self._records(name).items():
                total[branch] = total.get(branch, Record()).plus(record)
        return total

    def _names(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        found = (entry.name for entry in os.scandir(self._folder))
        return sorted(name for name in found if name.endswith(_SUFFIX) and name[0] != "." and name != self._own)

    def _records(self, name: str) -> Records:
        path = self._folder / name
        try:
            changed = path.stat().st_mtime_ns
            if self._read.get(name, (None,))[0] != changed:
                self._read[name] = changed, _parsed(orjson.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
            event("what a router learned cannot be read", level="warning", file=str(path), reason=str(error))
            return {}
        return self._read[name][1]


def _parsed(body: Any) -> Records:  # noqa: ANN401 - decoded JSON
    return {str(name): Record(float(won), float(tried)) for name, (won, tried) in body["branches"].items()}
