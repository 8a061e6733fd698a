"""Which columns of a table are a model's features, and which one is what it was to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sdep.runtime.reference.reference import Column, Reference, ReferenceNotFoundError
from sdep.runtime.servers.signature import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdep.runtime.servers.signature import Signature

_ANSWERS = ("target", "label", "y", "outcome", "class")
"""What people call the column that is to be predicted, in the order in which it is looked for."""


def reference_of(table: pd.DataFrame, signature: Signature) -> Reference:
    """By the signature's names; without names all columns, less one that is called as an answer is.

    Raises ReferenceNotFoundError where the table lacks a column, or has another number of them than the model takes.
    """
    table = table.rename(columns=str)
    if not len(table):
        raise ReferenceNotFoundError("the reference data has no rows")
    named = [column.name for column in signature.columns]
    lacking = [name for name in named if name not in table]
    if lacking:
        raise ReferenceNotFoundError(
            f"the reference data has no column {', '.join(lacking[:5])}, which the model takes: it has {', '.join(table.columns[:20])}"
        )
    answer = _answer(table, named, [field.name for field in signature.outputs])
    features = named or [str(name) for name in table if name != answer]
    _require(features, signature)
    columns = tuple(_column(table[name]) for name in features)
    return Reference(tuple(features), columns, None if answer is None else _column(table[answer]))


def _answer(table: pd.DataFrame, features: Sequence[str], outputs: Sequence[str]) -> str | None:
    """The signature's output, what is called as an answer, or else the one column that is no feature."""
    others = [str(name) for name in table if name not in features]
    for name in (*outputs, *_ANSWERS):
        if name in others:
            return name
    return others[0] if features and len(others) == 1 else None


def _require(features: Sequence[str], signature: Signature) -> None:
    tensor = signature.tensors[0] if len(signature.tensors) == 1 else None
    width = tensor.shape[-1] if isinstance(tensor, Tensor) and len(tensor.shape) > 1 else -1
    if width >= 0 and width != len(features):
        raise ReferenceNotFoundError(f"the reference data has {len(features)} features, and the model takes {width}")


def _column(series: pd.Series[Any]) -> Column:
    if pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    missing = series.isna().to_numpy()
    return np.where(missing, "", series.astype(str).to_numpy(dtype=object)).astype(object)
