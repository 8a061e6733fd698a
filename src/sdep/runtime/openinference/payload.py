"""From named tensors to the payload that a graph works on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.message import NUMERIC, Payload

if TYPE_CHECKING:
    from collections.abc import Mapping

PANDAS = "pd"
MATRIX = 2  # axes: rows, columns


def payload_of(arrays: Mapping[str, np.ndarray[Any, Any]], content_type: str) -> Payload:
    """One tensor of two axes or more is the model's array; anything else, and whatever says `pd`, is named columns."""
    if len(arrays) == 1 and content_type != PANDAS:
        ((name, array),) = arrays.items()
        if array.ndim >= MATRIX:
            names = (name,) if array.shape[1:] == (1,) else ()
            return Payload(array, "tensor" if array.dtype.kind in NUMERIC else "ndarray", names)
    return Payload(dict(arrays), "columns", tuple(arrays))
