"""The conditions that a rule can be made of, for one row: where its numbers lie, which categories it has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from sdep.runtime.explain.explanation import shown

if TYPE_CHECKING:
    from sdep.runtime.explain.data import Data

Array = np.ndarray[Any, Any]


class Condition(NamedTuple):
    """`value` is the edge of a bin, or a category."""

    feature: int
    sign: Literal["<=", ">", "="]
    value: Any

    def holds(self, column: Array) -> Array:
        if self.sign == "=":
            return np.asarray(column == self.value)
        return np.asarray(column <= self.value if self.sign == "<=" else column > self.value)


def conditions_of(row: Array, data: Data, cuts: Sequence[Array]) -> list[Condition]:
    """All that hold for the row: of a number, each of its column's cuts on the side where it lies."""
    found: list[Condition] = []
    for feature, edges in enumerate(cuts):
        if not data.numeric[feature]:
            found.append(Condition(feature, "=", row[feature]))
            continue
        value = float(row[feature])
        if np.isnan(value):
            continue
        found += [Condition(feature, "<=" if value <= edge else ">", float(edge)) for edge in edges]
    return found


def extends(rule: Sequence[Condition], condition: Condition) -> bool:
    """Whether it says more than the rule does already."""
    for known in rule:
        if known.feature == condition.feature and known.sign == condition.sign:
            tighter = condition.value < known.value if known.sign == "<=" else condition.value > known.value
            if known.sign == "=" or not tighter:
                return False
    return True


def by_feature(rule: Iterable[Condition]) -> dict[int, list[Condition]]:
    found: dict[int, list[Condition]] = {}
    for condition in rule:
        found.setdefault(condition.feature, []).append(condition)
    return found


def written(rule: Sequence[Condition], names: Sequence[str]) -> list[str]:
    """In v1's words: `oil <= 1.5`, `1.5 < oil <= 2`, `kind = a`; one line for each feature, in the rule's order."""
    return [_line(conditions, names[feature]) for feature, conditions in by_feature(rule).items()]


def _line(conditions: Sequence[Condition], name: str) -> str:
    if conditions[0].sign == "=":
        return f"{name} = {conditions[0].value}"
    above = max((each.value for each in conditions if each.sign == ">"), default=None)
    upto = min((each.value for each in conditions if each.sign == "<="), default=None)
    if above is None:
        return f"{name} <= {shown(upto)}"
    return f"{name} > {shown(above)}" if upto is None else f"{shown(above)} < {name} <= {shown(upto)}"
