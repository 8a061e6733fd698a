"""Between which bounds a difference lies, and what that means beside its margin."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

Verdict = Literal["Pass", "Fail", "Inconclusive", "NoData"]


@dataclass(frozen=True)
class Kept:
    """The chances that are kept for one last look, at a time that was fixed before: `worse` and `passed` as in `Risk`."""

    worse: float
    passed: float


@dataclass(frozen=True)
class Risk:
    """The chances that may be taken with one measure in one step, each over all looks together.

    `worse`: that a canary that is no worse is called worse. Any measure in any step turns a rollout back, so they share it
    (Bonferroni). `passed`: that a canary beyond the margin passes. To be promoted it has to pass by every measure in every step, so each
    may take the whole of it (Berger's intersection-union test, 1982). `surely`: whether it is worse, where that is told by more than the
    evidence of the step. `last` is there at the last look alone, `early` is what every look may take beside it.
    """

    worse: float
    passed: float
    surely: bool | None = None
    kept: float = 0.0
    last: Kept | None = None

    def shared(self, parts: int) -> Risk:
        """By so many ways in which one measure may fail."""
        last = replace(self.last, worse=self.last.worse / parts) if self.last else None
        return replace(self, worse=self.worse / parts, last=last)

    @property
    def early(self) -> Risk:
        return Risk(self.worse * (1 - self.kept), self.passed * (1 - self.kept), self.surely)


@dataclass(frozen=True)
class Interval:
    """How much worse the canary is: `low` is wrong with a chance of `Risk.worse`, `high` with one of `Risk.passed`.

    `differs`: whether it is worse beyond doubt, where that is known by another way than `low`; wrong with a chance of `Risk.worse` too.
    """

    estimate: float
    low: float
    high: float
    differs: bool | None = None

    @property
    def worse(self) -> bool:
        """Whether it is worse at all, beyond doubt."""
        return self.low > 0 if self.differs is None else self.differs

    def verdict(self, margin: float) -> Verdict:
        """Fail: surely worse, and by more than the margin as far as one knows. Pass: surely by no more than the margin."""
        if self.worse and self.estimate > margin:
            return "Fail"
        return "Pass" if self.high <= margin else "Inconclusive"

    def known(self, differs: bool | None) -> Interval:  # noqa: FBT001 - what is known, not how
        """The same where it is known by another way whether it is worse."""
        return replace(self, differs=differs, low=max(self.low, 0.0) if differs else self.low)

    def narrowed(self, low: float, high: float) -> Interval:
        """By bounds that were found in another way; the estimate is within them."""
        low, high = min(low, self.estimate), max(high, self.estimate)
        return replace(self, low=max(self.low, low), high=min(self.high, high))

    def times(self, factor: float) -> Interval:
        """The same in another unit."""
        return Interval(factor * self.estimate, factor * self.low, factor * self.high, self.differs)

    def bounds(self) -> str:
        """For people: `0.6 to 3.9`."""
        return f"at least {self.low:,.1f}" if math.isinf(self.high) else f"{self.low:,.1f} to {self.high:,.1f}"

    def beside(self, margin: float) -> str:
        """For people: what the bounds mean."""
        return {
            "Fail": f"more than the {margin:g} allowed",
            "Pass": f"within the {margin:g} allowed",
            "Inconclusive": f"which does not tell yet whether it is within the {margin:g} allowed",
        }[self.verdict(margin)]

    def lacking(self, margin: float) -> float:
        """How many times as many requests would tell that it is within the margin, were the estimate right: bounds narrow by the root."""
        return ((self.high - self.estimate) / (margin - self.estimate)) ** 2 if self.estimate < margin else math.inf

    def difference(self, margin: float, unit: str) -> str:
        """For people: `worse by 2.1 points (0.6 to 3.9), more than the 1 allowed`."""
        side = "worse" if self.estimate >= 0 else "better"
        side = f"surely {side}" if self.worse and self.low <= 0 else side
        return f"{side} by {abs(self.estimate):,.1f} {unit} ({self.bounds()}), {self.beside(margin)}"
