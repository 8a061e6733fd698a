"""All files of a store into a folder: pieces side by side, broken streams continued, everything checked."""

from __future__ import annotations

import os
import random
import shutil
import time
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, NamedTuple

from sdep.runtime.log import event
from sdep.runtime.storage.journal import Journal, identity
from sdep.runtime.storage.progress import Progress
from sdep.runtime.storage.store import ChangedError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from sdep.runtime.storage.digest import Digest
    from sdep.runtime.storage.journal import Piece
    from sdep.runtime.storage.store import Store, StoredFile

PIECE = 16 * 1024 * 1024
"""Large enough that a request costs little beside it, small enough that what is lost with a killed process is little."""
STREAMS = 8
"""How many are read at once, unless the environment says otherwise."""
TRIES = 6
"""Times that a piece is asked for without one byte more of it arriving."""
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 4.0


class DamagedError(Exception):
    """What arrived is not what the store says it has."""


class Transfer(NamedTuple):
    """What `transfer` is told; `sleep` and `streams` have their values from the environment's owner."""

    uri: str
    store: Store
    files: Sequence[StoredFile]
    streams: int = STREAMS
    sleep: Callable[[float], None] = time.sleep


def transfer(order: Transfer, folder: Path) -> Path:
    """Return the folder with the files. What an earlier try for the same content left in `folder` is used."""
    target, known = folder / "files", folder / "journal"
    folder.mkdir(parents=True, exist_ok=True)
    journal = Journal(known, identity(order.uri, order.files))
    try:
        if not journal.continues:
            shutil.rmtree(target, ignore_errors=True)
        _Running(order, target, journal).run()
    finally:
        journal.close()
    return target


class _Running:
    def __init__(self, order: Transfer, target: Path, journal: Journal) -> None:
        self._order, self._target, self._journal = order, target, journal
        self._stopped = False
        sizes = [file.size for file in order.files]
        total = None if None in sizes else sum(size for size in sizes if size is not None)
        self._left = {file: self._missing(file) for file in order.files}
        here = 0 if total is None else total - sum(end - start for left in self._left.values() for start, end in left)
        self._progress = Progress(order.uri, total, here)
        if journal.continues:
            event("download continued", uri=order.uri, bytes=here)

    def run(self) -> None:
        """Pieces first, then the check of every file; a file that was damaged on its way is fetched once more."""
        begin = time.monotonic()
        self._together(self._fetch, [(file, piece) for file, left in self._left.items() for piece in left])
        damaged: list[StoredFile] = []
        self._together(self._check, [(file, damaged) for file in self._order.files])
        for file in damaged:
            event("file damaged on its way, fetching it again", level="warning", uri=self._order.uri, file=file.path)
            self._journal.forget(file.path)
        self._together(self._fetch, [(file, piece) for file in damaged for piece in self._missing(file)])
        again: list[StoredFile] = []
        self._together(self._check, [(file, again) for file in damaged])
        if again:
            self._journal.forget(again[0].path)
            raise DamagedError(f"{again[0].path}: size or digest are not those that the store names, twice in a row")
        event(
            "download complete",
            uri=self._order.uri,
            files=len(self._order.files),
            bytes=self._progress.received,
            bytes_already_there=self._progress.already,
            seconds=round(time.monotonic() - begin, 3),
        )

    def _together(self, work: Callable[..., None], items: Iterable[tuple[object, ...]]) -> None:
        """The first failure ends all: a piece in another thread gives up at its next bytes."""
        with ThreadPoolExecutor(self._order.streams, thread_name_prefix="download") as threads:
            running = [threads.submit(work, *item) for item in items]
            done, waiting = wait(running, return_when=FIRST_EXCEPTION)
            if waiting:
                self._stopped = True
                for future in waiting:
                    future.cancel()
        for future in done:
            future.result()

    def _missing(self, file: StoredFile) -> list[Piece]:
        """The pieces that are not on the disk yet; a file that is not there, or has another length, has none."""
        path = self._target / file.path
        if file.size is None:
            return [(0, -1)]
        there = self._journal.written(file.path) if path.is_file() and path.stat().st_size == file.size else set()
        step = PIECE if self._order.store.splits else max(file.size, 1)
        pieces = ((start, min(start + step, file.size)) for start in range(0, file.size, step))
        return [piece for piece in pieces if piece not in there] or ([] if path.is_file() else [(0, 0)])

    def _fetch(self, file: StoredFile, piece: Piece) -> None:
        path = self._target / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if file.size is None:
                self._whole(file, descriptor)
                return
            os.truncate(descriptor, file.size)
            self._piece(file, descriptor, piece)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._journal.add(file.path, piece)

    def _piece(self, file: StoredFile, descriptor: int, piece: Piece) -> None:
        """From where the last stream broke, as long as each brings at least something."""
        position, end = piece
        failures = 0
        while position < end:
            before = position
            error = UnreachableError(f"the stream of {file.path} ended too early, at byte {position} of {file.size}")
            try:
                for data in self._order.store.read(file, position, end):
                    position += self._write(descriptor, data[: end - position], position)
                    if position >= end:
                        return
            except ChangedError:
                raise
            except UnreachableError as broken:
                error = broken
            failures = self._failed(file, error, 1 if position > before else failures + 1)

    def _write(self, descriptor: int, data: bytes, position: int) -> int:
        self._heed_stop()
        written = os.pwrite(descriptor, data, position)
        self._progress.add(written)
        return written

    def _whole(self, file: StoredFile, descriptor: int) -> None:
        """A file whose size nobody says can not be continued: the end of a stream is its end."""
        failures = 0
        while True:
            try:
                os.truncate(descriptor, 0)
                position = 0
                for data in self._order.store.read(file, 0, None):
                    position += self._write(descriptor, data, position)
            except ChangedError:
                raise
            except UnreachableError as error:
                failures = self._failed(file, error, failures + 1)
            else:
                os.fsync(descriptor)
                return

    def _failed(self, file: StoredFile, error: UnreachableError, failures: int) -> int:
        if failures >= TRIES:
            raise error
        pause = min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE) * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
        event("stream broken, continuing", level="warning", file=file.path, detail=str(error), failures=failures)
        self._order.sleep(pause)
        self._heed_stop()
        return failures

    def _heed_stop(self) -> None:
        if self._stopped:
            raise UnreachableError("another file could not be read")

    def _check(self, file: StoredFile, damaged: list[StoredFile]) -> None:
        path = self._target / file.path
        if file.size is not None and path.stat().st_size != file.size:
            damaged.append(file)
        elif (digest := self._digest(file)) and (found := digest.differs(path)):
            event("digest differs", level="warning", file=file.path, wanted=digest.value, found=found)
            damaged.append(file)

    def _digest(self, file: StoredFile) -> Digest | None:
        failures = 0
        while True:
            try:
                return self._order.store.digest(file)
            except ChangedError:
                raise
            except UnreachableError as error:
                failures = self._failed(file, error, failures + 1)
