"""Whether two predictions of the same row agree."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import NamedTuple

from sdep.built_in import RELATIVE_TOLERANCE, TOLERANCE, tolerance
from sdep.evidence.answers import Row

_SAME = 1e-6
"""Numbers that agree to six digits are the same where nobody says how far apart they may be."""


class Allowed(NamedTuple):
    """Numbers agree that are as near as one of both says. A label decides alone where both have one."""

    absolute: float = 0.0
    relative: float = _SAME

    @classmethod
    def by(cls, parameters: Mapping[str, str]) -> Allowed:
        """As the unit's parameters say that also decide how near to the truth a prediction has to be."""
        absolute, relative = (tolerance(parameters.get(name)) for name in (TOLERANCE, RELATIVE_TOLERANCE))
        return cls() if absolute is None and relative is None else cls(absolute or 0.0, relative or 0.0)

    def agree(self, live: Row, shadow: Row) -> bool:
        if live.label is not None or shadow.label is not None:
            return live.label == shadow.label
        if live.number is None or shadow.number is None:
            return live.number == shadow.number
        return math.isclose(live.number, shadow.number, rel_tol=self.relative, abs_tol=self.absolute)


def rows_of_both(live: tuple[Row, ...], shadow: tuple[Row, ...]) -> Iterator[tuple[Row, Row]]:
    """Row by row; one that the other has not is beside one that says nothing."""
    return zip_longest(live, shadow, fillvalue=Row(None, None))
