"""Files that hold a table, as people save training data, read by what the image has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sdep.runtime.reference.reference import ReferenceNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SUFFIXES = (".parquet", ".csv", ".json", ".npz", ".npy")


def read_table(path: Path) -> pd.DataFrame:
    """The table in a file, or in the one file of a folder that can hold one. Raises ReferenceNotFoundError."""
    file = _one_file(path) if path.is_dir() else path
    read = _READERS.get(file.suffix)
    if read is None:
        raise ReferenceNotFoundError(f"{file.name} is none of {', '.join(SUFFIXES)}: save the data as one of them")
    try:
        return read(file)
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ReferenceNotFoundError(f"{file.name} cannot be read as a table: {error}") from error


def table_of_example(example: Any) -> pd.DataFrame:  # noqa: ANN401 - JSON
    """MLflow's saved input example: a table in pandas' split form, or rows under `inputs`. ValueError of what is no table."""
    if isinstance(example, dict) and "data" in example:
        return pd.DataFrame(example["data"], columns=example.get("columns"))
    rows = example.get("inputs", example) if isinstance(example, dict) else example
    return pd.DataFrame(rows)


def _one_file(folder: Path) -> Path:
    files = sorted(file for file in folder.rglob("*") if file.suffix in SUFFIXES)
    if len(files) != 1:
        found = f"{len(files)} files" if files else "no file"
        raise ReferenceNotFoundError(f"there is {found} with {', '.join(SUFFIXES)} in the folder: name one file")
    return files[0]


def _json(path: Path) -> pd.DataFrame:
    """As `mlflow.log_table` and pandas write it: split, records or columns."""
    content = json.loads(path.read_text())
    if isinstance(content, dict) and "data" in content:
        return table_of_example(content)
    return pd.DataFrame(content)


def _parquet(path: Path) -> pd.DataFrame:
    """Not by pandas: it would have PyArrow, a hundred megabytes for this alone."""
    from fastparquet import ParquetFile  # noqa: PLC0415 - few references are kept so

    with path.open("rb") as file:
        table: pd.DataFrame = ParquetFile(file).to_pandas()
    return table


def _npy(path: Path) -> pd.DataFrame:
    array = np.load(path, allow_pickle=False)
    return pd.DataFrame(array.reshape(len(array), -1))


def _npz(path: Path) -> pd.DataFrame:
    with np.load(path, allow_pickle=False) as data:
        return pd.DataFrame({name: data[name] for name in data.files})


_READERS: Mapping[str, Callable[[Path], pd.DataFrame]] = {
    ".parquet": _parquet,
    ".csv": pd.read_csv,
    ".json": _json,
    ".npy": _npy,
    ".npz": _npz,
}
