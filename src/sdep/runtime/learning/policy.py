"""How a router weighs what it knows of its branches against what it might still find out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence


class Record(NamedTuple):
    """What feedback said of one branch: `trials` rows, of which `successes` were good; both may be fractions."""

    successes: float = 0.0
    trials: float = 0.0

    @property
    def mean(self) -> float:
        return self.successes / self.trials if self.trials else 0.0

    def plus(self, other: Record) -> Record:
        return Record(self.successes + other.successes, self.trials + other.trials)


class Policy(Protocol):
    def choose(self, records: Sequence[Record]) -> int:
        """Choose the number of a branch, from what is known of each."""


class EpsilonGreedy:
    """The best branch so far, and in `epsilon` of the draws any other one.

    Before there is feedback the best one is `first`, or where that is None any; so it is among equals later on.
    """

    def __init__(self, epsilon: float, first: int | None, draw: random.Random) -> None:
        self._epsilon = epsilon
        self._first = first
        self._draw = draw

    def choose(self, records: Sequence[Record]) -> int:
        best = self._best(records)
        if self._draw.random() >= self._epsilon:
            return best
        other = self._draw.randrange(len(records) - 1)
        return other + (other >= best)

    def _best(self, records: Sequence[Record]) -> int:
        if self._first is not None and not any(record.trials for record in records):
            return self._first
        means = [record.mean for record in records]
        top = max(means)
        return self._draw.choice([branch for branch, mean in enumerate(means) if mean == top])


class ThompsonSampling:
    """Draws a success rate for each branch from what is known of it, and takes the branch with the greatest."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw

    def choose(self, records: Sequence[Record]) -> int:
        drawn = [self._draw.betavariate(1 + won, 1 + tried - won) for won, tried in records]
        return drawn.index(max(drawn))
