"""The explainer's `config`, as the manifest has it: text by v1's names, read with the types that each method gives them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sdep.errors import InvalidError

_YES, _NO = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})


class Config:
    """`InvalidError` names the flag that cannot be read. A flag that no method here has is left alone, as v1's images did."""

    def __init__(self, given: Mapping[str, str] | None = None) -> None:
        self._given = dict(given or {})

    def number(self, name: str, default: float, low: float = -math.inf, high: float = math.inf) -> float:
        try:
            value = float(self._given.get(name, default))
        except ValueError as error:
            raise self._wrong(name, "a number") from error
        if not low <= value <= high:
            raise self._wrong(name, f"between {low:g} and {high:g}")
        return value

    def whole(self, name: str, default: int, low: int = 1, high: int = 1_000_000) -> int:
        value = self.number(name, default, low, high)
        if value != int(value):
            raise self._wrong(name, "a whole number")
        return int(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self._given.get(name, str(default)).strip().lower()
        if value not in _YES | _NO:
            raise self._wrong(name, "true or false")
        return value in _YES

    def text(self, name: str, default: str = "") -> str:
        return self._given.get(name, default)

    def _wrong(self, name: str, wanted: str) -> InvalidError:
        return InvalidError("InvalidExplainer", f"explainer.config.{name} must be {wanted}, not '{self._given[name]}'")
