"""How often each value was seen, rounded to significant digits: exact where values are few, bounded where they are many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

MOST_DIGITS = 4
MOST_VALUES = 400
"""A histogram that would hold more values drops a digit."""


def rounded(value: float, digits: int) -> float:
    """`value` to so many significant decimal digits; digits 0 leaves only its sign."""
    if digits == 0:
        return float((value > 0) - (value < 0))
    return float(f"{value:.{digits - 1}e}")


@dataclass(frozen=True)
class Histogram:
    """`counts` by value, each rounded to `digits` significant digits.

    Two histograms are added and subtracted at the coarser precision of both, so sums of any order agree.
    As text, in the status and between the programs: `3|0.12:5 0.13:2`, the digits and each value with its count.
    """

    digits: int = MOST_DIGITS
    counts: Mapping[float, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def coarser(self, digits: int) -> Histogram:
        """The same at no more than `digits` digits."""
        if digits >= self.digits:
            return self
        counts: Counter[float] = Counter()
        for value, count in self.counts.items():
            counts[rounded(value, digits)] += count
        return Histogram(digits, counts)

    def bounded(self, most: int = MOST_VALUES) -> Histogram:
        """The same with at most `most` values, at as many digits as that allows."""
        found = self
        while len(found.counts) > most and found.digits:
            found = found.coarser(found.digits - 1)
        return found

    def plus(self, other: Histogram) -> Histogram:
        one, two = self._alike(other)
        return Histogram(one.digits, Counter(one.counts) + Counter(two.counts)).bounded()

    def minus(self, earlier: Histogram) -> Histogram:
        """What came after `earlier`; a count that fell is taken as none."""
        one, two = self._alike(earlier)
        return Histogram(one.digits, Counter(one.counts) - Counter(two.counts))

    def quantile(self, share: float) -> float:
        """The smallest value that at least `share` of all do not exceed. Raises ValueError of an empty histogram."""
        wanted, seen = share * self.total, 0
        for value, count in sorted(self.counts.items()):
            seen += count
            if seen >= wanted:
                return value
        raise ValueError("an empty histogram has no quantile")

    def __str__(self) -> str:
        return f"{self.digits}|{' '.join(f'{value:g}:{count}' for value, count in sorted(self.counts.items()))}"

    @classmethod
    def parse(cls, text: str) -> Histogram:
        """The opposite of `str`. Raises ValueError of any other text."""
        digits, bar, pairs = text.partition("|")
        if not bar or not 0 <= int(digits) <= MOST_DIGITS:
            raise ValueError(f"{text[:40]!r} is no histogram: it begins with its digits and a bar")
        return cls(int(digits), dict(_pair(pair) for pair in pairs.split()))

    def _alike(self, other: Histogram) -> tuple[Histogram, Histogram]:
        digits = min(self.digits, other.digits)
        return self.coarser(digits), other.coarser(digits)


def _read(value: object) -> Histogram:
    return value if isinstance(value, Histogram) else Histogram.parse(str(value))


HistogramText = Annotated[Histogram, PlainValidator(_read), PlainSerializer(str), WithJsonSchema({"type": "string"})]
"""A field of a model that holds a histogram; as JSON it is its text."""


def of(values: Iterable[float], digits: int = MOST_DIGITS) -> Histogram:
    """A histogram of these values."""
    return Histogram(digits, Counter(rounded(value, digits) for value in values)).bounded()


def _pair(text: str) -> tuple[float, int]:
    value, _, count = text.partition(":")
    return float(value), int(count)
