"""AVERAGE_COMBINER: the element-wise mean of the children's arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sdep.runtime.errors import UnitError
from sdep.runtime.message import NUMERIC, Payload

if TYPE_CHECKING:
    from collections.abc import Sequence


def average(unit: str, payloads: Sequence[Payload]) -> Payload:
    """Equal shapes required; the answer has that shape, and the first child's kind and names."""
    first = payloads[0]
    for payload in payloads:
        if not isinstance(payload.value, np.ndarray) or payload.value.dtype.kind not in NUMERIC:
            raise UnitError(unit, "AVERAGE_COMBINER takes numbers, and a child answered something else")
    shapes = [payload.value.shape for payload in payloads]
    if len(set(shapes)) > 1:
        listed = ", ".join(str(list(shape)) for shape in shapes)
        raise UnitError(unit, f"AVERAGE_COMBINER takes equal shapes, and its children answered {listed}")
    return Payload(np.mean([payload.value for payload in payloads], axis=0), first.kind, first.names)
