"""What a method found: v1's JSON, and what a picture of it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import orjson

from sdep.runtime.seldon.jsonable import jsonable


class Bar(NamedTuple):
    """`beside` is written after the name: the feature's value, or a condition's share."""

    name: str
    value: float
    beside: str = ""


class Curve(NamedTuple):
    name: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True)
class Picture:
    """Bars from a base, or curves. `notes` are lines above them."""

    title: str
    notes: Sequence[str] = ()
    bars: Sequence[Bar] = ()
    curves: Sequence[Curve] = ()


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """`name` is the method's, as in the manifest; `explanations` says local, global or both, in v1's words."""

    name: str
    data: Mapping[str, Any]
    picture: Picture
    params: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "blackbox"
    explanations: Sequence[str] = ("local",)

    def json(self, version: str) -> bytes:
        meta = {
            "name": self.name,
            "type": [self.kind],
            "explanations": self.explanations,
            "params": self.params,
            "version": version,
        }
        return orjson.dumps(_plain({"meta": meta, "data": self.data}), default=jsonable, option=orjson.OPT_NON_STR_KEYS)


def _plain(value: Any) -> Any:  # noqa: ANN401 - nested JSON
    """Arrays as lists, whatever is in them."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def shown(value: object) -> str:
    """A feature's value for people."""
    number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    return f"{value:.5g}" if number else str(value)
