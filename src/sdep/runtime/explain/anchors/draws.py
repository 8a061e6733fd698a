"""Rows that a rule holds in, and whether the model predicts the same for them: drawn for many rules in one call of the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.explain.anchors.conditions import Condition, by_feature

if TYPE_CHECKING:
    from sdep.runtime.explain.data import Data

Array = np.ndarray[Any, Any]
Rule = tuple[Condition, ...]


class Draws:
    """Draws by the paper's distribution for tables; `same` asks the model.

    That is a row of the reference data, with each feature of the rule taken, by itself, from those rows in which its conditions
    hold; `row`'s own value where there are none.
    """

    def __init__(self, data: Data, row: Array, same: Callable[[Array], Array], rng: np.random.Generator) -> None:
        self._data = data
        self._row = row
        self._same = same
        self._rng = rng
        self._pools: dict[tuple[Condition, ...], Array] = {}
        self._held: dict[Condition, Array] = {}
        self.calls = 0
        self.rows = 0

    def positives(self, rules: Sequence[Rule], counts: Sequence[int]) -> list[Array]:
        """For each rule so many draws: True where the prediction stays."""
        return [same for _, same in self.sampled(rules, counts)]

    def sampled(self, rules: Sequence[Rule], counts: Sequence[int]) -> list[tuple[Array, Array]]:
        """The same with the rows that were drawn. One call of the model for all rules."""
        drawn = [self.draw(rule, count) for rule, count in zip(rules, counts, strict=True)]
        answers = self._same(np.concatenate(drawn))
        self.calls += 1
        self.rows += len(answers)
        return list(zip(drawn, np.split(answers, np.cumsum(counts)[:-1]), strict=True))

    def draw(self, rule: Rule, count: int) -> Array:
        rows = self._data.rows[self._rng.integers(len(self._data), size=count)]
        for feature, conditions in by_feature(rule).items():
            pool = self._pool(tuple(conditions))
            rows[:, feature] = (
                self._data.rows[self._rng.choice(pool, count), feature] if len(pool) else self._row[feature]
            )
        return rows

    def coverage(self, rule: Rule) -> float:
        """The share of the reference data that the rule speaks of."""
        held = np.ones(len(self._data), bool)
        for condition in rule:
            held &= self._holds(condition)
        return float(held.mean())

    def _pool(self, conditions: tuple[Condition, ...]) -> Array:
        if conditions not in self._pools:
            held = np.logical_and.reduce([self._holds(each) for each in conditions])
            self._pools[conditions] = np.flatnonzero(held)
        return self._pools[conditions]

    def _holds(self, condition: Condition) -> Array:
        if condition not in self._held:
            self._held[condition] = condition.holds(self._data.column(condition.feature))
        return self._held[condition]
