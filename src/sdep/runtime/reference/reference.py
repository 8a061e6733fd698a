"""Reference data as the runtime keeps it: a column of each feature, beside the model that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.errors import InvalidError

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ".reference"
"""Inside the model's own folder."""
MOST_ROWS = 10_000
_DATA, _REASON = "data.npz", "reason.txt"

Column = np.ndarray[Any, Any]


class ReferenceNotFoundError(InvalidError):
    """There is no reference data; the text says why, and what to log."""

    def __init__(self, message: str) -> None:
        super().__init__("ReferenceNotFound", message)


@dataclass(frozen=True)
class Reference:
    """`columns` are of one length, one for each of `names`, in the order in which the model takes its features.

    A column is float64 (NaN where a value is missing), or object with a str each ("" where it is missing). `outputs` is
    what the model was to answer, of the same two kinds and the same length, where the data has it.
    """

    names: tuple[str, ...]
    columns: tuple[Column, ...]
    outputs: Column | None = None

    @property
    def rows(self) -> int:
        return len(self.columns[0]) if self.columns else 0


def save_reference(folder: Path, reference: Reference) -> None:
    """At most `MOST_ROWS` rows, evenly strided, so that the same data gives the same reference."""
    folder.mkdir(parents=True, exist_ok=True)
    step = max(1, -(-reference.rows // MOST_ROWS))
    arrays: dict[str, Any] = {
        "names": np.array(reference.names, dtype=str),
        **{f"column{place}": _plain(column[::step]) for place, column in enumerate(reference.columns)},
    }
    if reference.outputs is not None:
        arrays["outputs"] = _plain(reference.outputs[::step])
    np.savez_compressed(folder / _DATA, **arrays)
    (folder / _REASON).unlink(missing_ok=True)


def note_absence(folder: Path, reason: str) -> None:
    """Keep why there is none, for the program that will ask."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _DATA).unlink(missing_ok=True)
    (folder / _REASON).write_text(reason)


def read_reference(folder: Path) -> Reference:
    """What `save_reference` wrote there. Raises ReferenceNotFoundError, with the reason that was noted, where there is none."""
    try:
        with np.load(folder / _DATA, allow_pickle=False) as data:
            names = tuple(str(name) for name in data["names"])
            columns = tuple(_column(data[f"column{place}"]) for place in range(len(names)))
            return Reference(names, columns, _column(data["outputs"]) if "outputs" in data else None)
    except FileNotFoundError:
        raise ReferenceNotFoundError(_reason(folder)) from None


def _reason(folder: Path) -> str:
    try:
        return (folder / _REASON).read_text()
    except FileNotFoundError:
        return "no reference data was asked for when the model was fetched"


def _plain(column: Column) -> Column:
    return column if column.dtype.kind == "f" else column.astype(str)


def _column(stored: Column) -> Column:
    return stored if stored.dtype.kind == "f" else stored.astype(object)
