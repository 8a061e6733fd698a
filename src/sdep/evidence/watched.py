"""What one pod has seen of a predictor's inputs and predictions, counted in the bins of its reference data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

PATH = "/drift"
"""Where an engine tells it, as JSON, of what it has seen since its process began."""
MOST_SERIES = 50
"""Features that are watched, of those that the manifest names or of all in the model's order: the others are left out."""

Number = Annotated[int, Field(ge=0)]
Kind = Literal["feature", "prediction", "outlier"]


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")


class Counts(_Wire):
    """Values by bin, and those that are in none. They only grow: they can be added over pods and subtracted over time.

    `missing` values are in no bin. `outside` ones are beyond the least or the greatest value of the reference data, and `new` ones are
    texts that it does not have: both are in a bin as well.
    """

    bins: tuple[Number, ...] = ()
    missing: Number = 0
    outside: Number = 0
    new: Number = 0

    @property
    def present(self) -> int:
        return sum(self.bins)

    @property
    def total(self) -> int:
        return self.present + self.missing

    def plus(self, other: Counts) -> Counts:
        """ValueError where the bins are not as many."""
        bins = tuple(one + two for one, two in zip(self.bins, other.bins, strict=True))
        return Counts(
            bins=bins,
            missing=self.missing + other.missing,
            outside=self.outside + other.outside,
            new=self.new + other.new,
        )

    def minus(self, earlier: Counts) -> Counts:
        """What came after `earlier`; a count that fell is taken as none."""
        bins = tuple(max(0, one - two) for one, two in zip(self.bins, earlier.bins, strict=True))
        return Counts(
            bins=bins,
            missing=max(0, self.missing - earlier.missing),
            outside=max(0, self.outside - earlier.outside),
            new=max(0, self.new - earlier.new),
        )

    def __str__(self) -> str:
        """As it is kept in a status: `5 0 12|0 1 0`, the bins, then what is missing, outside and new."""
        return f"{' '.join(map(str, self.bins))}|{self.missing} {self.outside} {self.new}"

    @classmethod
    def parse(cls, text: str) -> Counts:
        """The opposite of `str`. Raises ValueError of any other text."""
        bins, _, others = text.partition("|")
        missing, outside, new = map(int, others.split())
        return cls(bins=tuple(map(int, bins.split())), missing=missing, outside=outside, new=new)


class Series(_Wire):
    """One feature, one kind of prediction, or the outlier score: its bins, what the reference data has in them, and what was seen.

    Numbers have `edges`: a bin holds what is at most its edge and more than the edge before, and a last bin the rest. Text has
    `categories`, one a bin, and a last bin for every other text.
    """

    kind: Kind
    name: str
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    reference: Counts
    seen: Counts

    @property
    def key(self) -> str:
        """Its name among all of a predictor."""
        return f"{self.kind} {self.name}"


class Watched(_Wire):
    """`reference` is a digest of the bins: what is told with another one can not be added. "" where there is no reference data.

    `rows` were counted; `unread` ones could not be read as the features; `dropped` requests found no room in the queue. `reason`
    and `message` say why nothing is watched.
    """

    reference: str = ""
    reason: str = ""
    message: str = ""
    rows: Number = 0
    unread: Number = 0
    dropped: Number = 0
    left_out: Number = 0
    """Features beyond those that are watched."""
    series: tuple[Series, ...] = ()

    def plus(self, other: Watched) -> Watched:
        """Of two processes. What has another reference is not added: of two that differ the one that saw more is taken."""
        if not (self.reference and other.reference):
            return self if self.reference or not other.reason else other
        if self.reference != other.reference:
            return max(self, other, key=lambda told: told.rows)
        return self._combined(other, [one.plus(two) for one, two in _pairs(self.series, other.series)], 1)

    def since(self, earlier: Watched) -> Watched:
        """What came after `earlier`, said by the same pod. A pod whose counts fell was started anew: all of it came after."""
        if self.reference != earlier.reference or self.rows < earlier.rows:
            return self
        return self._combined(earlier, [one.minus(two) for one, two in _pairs(self.series, earlier.series)], -1)

    def _combined(self, other: Watched, seen: Sequence[Counts], sign: int) -> Watched:
        counted = {
            name: max(0, getattr(self, name) + sign * getattr(other, name)) for name in ("rows", "unread", "dropped")
        }
        series = tuple(one.model_copy(update={"seen": counts}) for one, counts in zip(self.series, seen, strict=True))
        return self.model_copy(update={**counted, "series": series})


def _pairs(one: Sequence[Series], other: Sequence[Series]) -> list[tuple[Counts, Counts]]:
    """Of equal references the series are equal too."""
    return [(mine.seen, theirs.seen) for mine, theirs in zip(one, other, strict=True)]
