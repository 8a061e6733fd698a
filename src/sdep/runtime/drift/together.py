"""Payloads that are alike as one, so that many small requests cost little more than one large one to count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.message import NUMERIC, Payload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Array = np.ndarray[Any, Any]

_ROWS = frozenset({"ndarray", "tensor", "tftensor"})
_TABLE = 2  # axes


def together(payloads: Iterable[Payload]) -> Iterator[Payload]:
    """Rows of numbers with the same names are one payload; all others stay as they are."""
    alike: dict[tuple[tuple[str, ...], int], list[Array]] = {}
    for payload in payloads:
        value = payload.value
        if payload.kind in _ROWS and value.ndim == _TABLE and value.dtype.kind in NUMERIC:
            alike.setdefault((payload.names, value.shape[1]), []).append(value)
        else:
            yield payload
    for (names, _), arrays in alike.items():
        yield Payload(np.concatenate(arrays), "tensor", names)
