"""A cache that pods share stays within its limit, and nobody loses what is in use."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from sdep.contract import ENV_CACHE, ENV_CACHE_LIMIT
from sdep.runtime.cache_limit import GRACE_SECONDS, keep_within, note_growth
from sdep.runtime.environment.make import hold
from sdep.runtime.environment.pyfunc import WorkerPyfunc
from sdep.runtime.fetch import main
from sdep.runtime.lock import locked
from sdep.runtime.storage.cache import through_cache
from sdep.runtime.storage.store import StoredFile
from sdep.runtime.storage.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEBIBYTE = 1 << 20
NOW = 2_000_000_000.0
OLD = 10 * GRACE_SECONDS


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    found = tmp_path / "cache"
    (found / "locks").mkdir(parents=True)
    note_growth(found)
    os.utime(found / "grown", (1, 1))  # long before any look: file systems tell times a few milliseconds coarse
    return found


def _entry(cache: Path, name: str, unused: float) -> Path:
    """One of a mebibyte, that was used so many seconds ago."""
    path = cache / name
    path.mkdir(parents=True)
    (path / "file").write_bytes(os.urandom(MEBIBYTE))
    (cache / "locks" / path.name).touch()
    os.utime(path, (NOW - unused, NOW - unused))
    return path


def test_the_longest_unused_goes_first(cache: Path) -> None:
    """Models, environments and uv's own cache stand in one line; what fits stays."""
    old, older = _entry(cache, "artifacts/a", 10), _entry(cache, "environments/e", OLD)
    oldest, new = _entry(cache, "uv", 2 * OLD), _entry(cache, "artifacts/b", 1)
    keep_within(cache, 2 * MEBIBYTE + 100_000, NOW)

    assert [each.exists() for each in (oldest, older, old, new)] == [False, False, True, True]
    assert not list((cache / "trash").iterdir())


def test_within_the_limit_nothing_goes(cache: Path) -> None:
    entry = _entry(cache, "artifacts/a", OLD)
    keep_within(cache, 2 * MEBIBYTE, NOW)

    assert entry.exists()


def test_a_cache_that_did_not_grow_is_not_looked_through(cache: Path) -> None:
    """Pods that find all they need pay for no walk through thousands of files."""
    keep_within(cache, 0, NOW)
    entry = _entry(cache, "artifacts/a", OLD)
    keep_within(cache, 0, NOW)
    assert entry.exists()

    note_growth(cache)
    keep_within(cache, 0, NOW)
    assert not entry.exists()


def test_what_is_in_use_stays_and_counts_as_used(cache: Path) -> None:
    """An environment of a running pod, a model that is being copied, and one that was made a moment ago for a pod that starts."""
    held, copied = _entry(cache, "environments/held", OLD), _entry(cache, "artifacts/copied", OLD)
    fresh, idle = _entry(cache, "environments/fresh", GRACE_SECONDS / 2), _entry(cache, "environments/idle", OLD)
    holding = hold(held / "bin" / "python")
    assert holding is not None
    with holding, locked(cache / "locks" / "copied", shared=True):
        keep_within(cache, 0, NOW)

    assert [each.exists() for each in (held, copied, fresh, idle)] == [True, True, True, False]
    assert time.time() - held.stat().st_mtime < 60


def test_a_running_model_holds_its_environment(cache: Path, root: Path) -> None:
    """From its start to its end; then it may go."""
    home = _entry(cache, "environments/e", OLD)
    (home / "bin").mkdir()
    python = home / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    os.utime(home, (NOW - OLD, NOW - OLD))
    model = WorkerPyfunc(python, root / "mnt" / "models" / "regression")
    keep_within(cache, 0, NOW)
    assert python.exists()

    model.close()
    os.utime(home, (NOW - OLD, NOW - OLD))
    note_growth(cache)
    keep_within(cache, 0, NOW)
    assert not home.exists()


def test_files_that_several_share_are_counted_once(cache: Path) -> None:
    """As uv links one package into many environments: only what goes with the last of them is gained."""
    first, second = _entry(cache, "environments/a", OLD), _entry(cache, "environments/b", 2 * OLD)
    (second / "file").unlink()
    (second / "file").hardlink_to(first / "file")
    os.utime(second, (NOW - 2 * OLD, NOW - 2 * OLD))
    keep_within(cache, MEBIBYTE + 100_000, NOW)

    assert first.exists()
    assert second.exists()


class _Memory:
    """A store of one file."""

    splits = False

    def __init__(self, content: bytes) -> None:
        self._content = content

    def files(self) -> list[StoredFile]:
        return [StoredFile("model", len(self._content), "1")]

    def digest(self, _: StoredFile) -> None:
        return None

    def read(self, file: StoredFile, start: int, end: int | None) -> Iterator[bytes]:  # noqa: ARG002 - as a store has it
        yield self._content[start:end]


def test_pods_that_copy_and_pods_that_prune_do_not_meet(cache: Path, tmp_path: Path) -> None:
    """Whatever is deleted under them, each gets the whole model."""
    content = os.urandom(MEBIBYTE)
    store = _Memory(content)
    order = Transfer("s3://m/1", store, store.files(), 1)
    ended = threading.Event()

    def prune() -> None:
        while not ended.is_set():
            note_growth(cache)
            keep_within(cache, 0, time.time())

    pruning = threading.Thread(target=prune)
    pruning.start()
    try:
        copies = [through_cache(order, cache, tmp_path / f"pod{pod}") for pod in range(40)]
    finally:
        ended.set()
        pruning.join()

    assert all((copy / "model").read_bytes() == content for copy in copies)


def test_the_init_container_prunes_after_it_has_fetched(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the variable says; without it nothing is deleted."""
    entry, model = _entry(cache, "artifacts/a", OLD), tmp_path / "model"
    model.mkdir()
    (model / "file").touch()
    monkeypatch.setenv("SDEP_TERMINATION_LOG", os.devnull)
    monkeypatch.setenv(ENV_CACHE, str(cache))
    assert main(str(model), tmp_path / "served") == 0
    assert entry.exists()

    monkeypatch.setenv(ENV_CACHE_LIMIT, "1000")
    assert main(str(model), tmp_path / "served") == 0
    assert not entry.exists()
