"""`python -m sdep fetch URI DIRECTORY`: the init container that brings a model into the pod."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sdep.contract import (
    ENV_CACHE,
    ENV_CACHE_LIMIT,
    ENV_REFERENCE,
    ENV_REFERENCE_REQUIRED,
    TERMINATION_LOG,
    FetchFailure,
    FetchReport,
)
from sdep.runtime import log
from sdep.runtime.cache_limit import keep_within
from sdep.runtime.download import Download, download
from sdep.runtime.environment.prepare import prepare
from sdep.runtime.fetch_failure import explain
from sdep.runtime.storage.note import NOTE, is_whole_of, leave_note, sizes
from sdep.runtime.storage.store import ModelNotFoundError
from sdep.runtime.termination import leave_message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

INCOMING = ".incoming"
"""Where a download grows up, inside the volume: the move into its place is then a rename."""
PAUSES = (1.0, 3.0)
"""Seconds before the second and the third try; only storage that does not answer gets them."""
PATIENCE = 25.0
"""Seconds after which no further try begins: the kubelet restarts the container, and says so, better than a loop."""


def main(uri: str, directory: Path) -> int:
    """Exit code 0 once DIRECTORY holds all of URI's files and what serves them, 1 after leaving a `FetchFailure` as termination message."""
    log.configure()
    begin = time.monotonic()
    outcome: FetchFailure | FetchReport | None = fetch(uri, directory)
    if outcome is None:
        log.event("model fetched", uri=uri, directory=str(directory), seconds=round(time.monotonic() - begin, 3))
        outcome = prepare(directory, os.environ)
        if not isinstance(outcome, FetchFailure):
            outcome = _prepare_reference(directory) or outcome
        _prune(os.environ)
    if outcome is not None:
        leave_message(Path(os.environ.get("SDEP_TERMINATION_LOG", TERMINATION_LOG)), outcome.model_dump_json())
    if isinstance(outcome, FetchFailure):
        log.event("model not fetched", level="error", reason=outcome.reason, detail=outcome.message)
        return 1
    return 0


def _prepare_reference(directory: Path) -> FetchFailure | None:
    if not os.environ.get(ENV_REFERENCE):
        return None
    from sdep.runtime.reference.prepare import prepare_reference  # noqa: PLC0415 - pandas, which few models need here

    lack = prepare_reference(directory, os.environ)
    required = lack and os.environ.get(ENV_REFERENCE_REQUIRED)
    return FetchFailure(reason="ReferenceNotFound", message=lack) if required else None


def _prune(environment: Mapping[str, str]) -> None:
    """Once all is there: what this pod needs was used last."""
    cache, limit = environment.get(ENV_CACHE, ""), environment.get(ENV_CACHE_LIMIT, "")
    if cache and limit:
        keep_within(Path(cache), int(limit), time.time())


def fetch(
    uri: str,
    directory: Path,
    retrieve: Callable[[str, Path, Path], Download] = download,
    sleep: Callable[[float], None] = time.sleep,
) -> FetchFailure | None:
    """None is success. A second run over a first one's files, whole or half, ends the same."""
    begin = time.monotonic()
    failure = _attempt(uri, directory, retrieve)
    for pause in PAUSES:
        if failure is None or failure.reason != "StorageUnreachable" or time.monotonic() - begin > PATIENCE:
            break
        log.event("storage unreachable, trying again", level="warning", uri=uri, pause_seconds=pause)
        sleep(pause)
        failure = _attempt(uri, directory, retrieve)
    return failure


def _attempt(uri: str, directory: Path, retrieve: Callable[[str, Path, Path], Download]) -> FetchFailure | None:
    """What an unreachable store left half done stays, for the next try to go on from."""
    incoming = directory / INCOMING
    try:
        incoming.mkdir(parents=True, exist_ok=True)
        got = retrieve(uri, incoming, directory)
        if got.path == directory:
            log.event("model is there already", uri=uri, directory=str(directory))
        else:
            _put(uri, got, directory)
    except Exception as error:  # noqa: BLE001 - every cause gets its sentence
        failure = explain(uri, error)
        if failure.reason != "StorageUnreachable":
            shutil.rmtree(incoming, ignore_errors=True)
        elif is_whole_of(directory, uri):
            log.event("storage unreachable, the model that is there is used", level="warning", detail=failure.message)
            return None
        return failure
    shutil.rmtree(incoming, ignore_errors=True)
    return None


def _put(uri: str, got: Download, directory: Path) -> None:
    _require_files(uri, got.path)
    files = sizes(got.path)
    _move_up(got.path, directory)
    if got.identity:
        leave_note(directory, got.identity, files)


def _require_files(uri: str, got: Path) -> None:
    """Object stores know no folders: an empty prefix downloads without complaint, and without a model."""
    if not got.is_file() and not any(path.is_file() for path in got.rglob("*")):
        raise ModelNotFoundError(f"{uri} holds no files")


def _move_up(got: Path, directory: Path) -> None:
    """Files of an earlier model go first, and before them the note on them: a mixture of two is neither."""
    (directory / NOTE).unlink(missing_ok=True)
    incoming = directory / INCOMING
    for old in directory.iterdir():
        if old != incoming:
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    for new in [got] if got.is_file() else list(got.iterdir()):
        new.rename(directory / new.name)
