"""What gradient-boosted trees of both libraries share: they compare numbers, and care for no names of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sdep.runtime.servers.native import NativeModel
from sdep.runtime.servers.scoring import Twin

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sdep.runtime.servers.signature import Column, Signature

Array = np.ndarray[Any, Any]
PROBE_ROWS = 16


class Boosted(NamedTuple):
    """A loaded model: `careful` takes whatever MLflow would give it, `direct` arrays only."""

    careful: Callable[[Any], Any]
    direct: Callable[[Array], Array]
    width: int
    platform: str


def boosted_model(boosted: Boosted, signature: Signature, directory: Path) -> NativeModel | None:
    """None where names or types of columns may matter to the model: only MLflow's way will do there."""
    dtype = tree_type(signature.columns)
    if (signature.columns and dtype is None) or signature.params or len(signature.tensors) > 1:
        return None
    if not _agree(boosted, signature, dtype or np.dtype(np.float64)):
        return None
    twin = Twin(directory, boosted.careful)
    return NativeModel(boosted.direct, signature, dtype, boosted.platform, boosted.width, twin)


def tree_type(columns: Sequence[Column]) -> np.dtype[Any] | None:
    """Type of an array that holds all columns as the libraries' own reading of a DataFrame would."""
    types = {column.type for column in columns}
    if not types or not all(column.required for column in columns):
        return None
    if types == {"float"}:
        return np.dtype(np.float32)
    return np.dtype(np.float64) if types <= {"double", "long", "integer"} else None


def _agree(boosted: Boosted, signature: Signature, dtype: np.dtype[Any]) -> bool:
    """Both ways must give the same to the last bit, on values around those that data usually has."""
    probe = np.random.default_rng(0).normal(scale=10, size=(PROBE_ROWS, boosted.width)).astype(dtype)
    try:
        expected, actual = boosted.careful(_named(probe, signature)), boosted.direct(probe)
    except Exception:  # noqa: BLE001 - whatever it is, it says that one of the two cannot
        return False
    return expected.dtype == actual.dtype and np.array_equal(expected, actual)


def _named(probe: Array, signature: Signature) -> object:
    if not signature.columns:
        return probe
    import pandas as pd  # noqa: PLC0415 - while the model is loaded, and both libraries have it anyway

    return pd.DataFrame(probe, columns=[column.name for column in signature.columns])
