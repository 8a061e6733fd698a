"""After a model has been fetched: the reference data that was asked for is put beside it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from sdep.contract import ENV_REFERENCE, LOGGED_REFERENCE
from sdep.runtime.download import download
from sdep.runtime.log import event
from sdep.runtime.reference.features import reference_of
from sdep.runtime.reference.logged import logged_table
from sdep.runtime.reference.reference import FOLDER, ReferenceNotFoundError, note_absence, save_reference
from sdep.runtime.reference.tables import read_table
from sdep.runtime.servers.mlflow import MLMODEL
from sdep.runtime.servers.signature import UNKNOWN, Signature, read_signature

if TYPE_CHECKING:
    from collections.abc import Mapping

_INCOMING = ".incoming-reference"


def prepare_reference(directory: Path, environment: Mapping[str, str]) -> str:
    """Why there is no reference data; "" where there is. Never fails: a model serves without, and what needs the data says so."""
    asked = environment.get(ENV_REFERENCE, "")
    if not asked:
        return ""
    incoming = directory / _INCOMING
    try:
        rows, origin = _put(directory, asked, incoming)
        event("reference data is there", rows=rows, origin=origin)
    except Exception as error:  # noqa: BLE001 - every cause gets its sentence
        reason = str(error) if isinstance(error, ReferenceNotFoundError) else f"{asked}: {error}"
        event("no reference data", level="warning", reason=reason)
        note_absence(directory / FOLDER, reason[:1000])
        return reason[:1000]
    finally:
        shutil.rmtree(incoming, ignore_errors=True)
    return ""


def _put(directory: Path, asked: str, incoming: Path) -> tuple[int, str]:
    def fetch(uri: str) -> Path:
        return download(uri, incoming).path

    table, origin = logged_table(directory, fetch) if asked == LOGGED_REFERENCE else (read_table(fetch(asked)), asked)
    reference = reference_of(table, _signature(directory))
    save_reference(directory / FOLDER, reference)
    return reference.rows, origin


def _signature(directory: Path) -> Signature:
    file = directory / MLMODEL
    return read_signature(yaml.safe_load(file.read_text()) or {}) if file.is_file() else UNKNOWN
