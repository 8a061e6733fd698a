"""p values of many tests, so that all together have the chance of a false alarm that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

Corrected = Callable[[Sequence[float]], list[float]]


def holm(values: Sequence[float]) -> list[float]:
    """The chance of any false alarm at all, whatever the tests have to do with each other (Holm 1979)."""
    found, greatest = [0.0] * len(values), 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        greatest = max(greatest, min(1.0, values[place] * (len(values) - rank)))
        found[place] = greatest
    return found


def benjamini_hochberg(values: Sequence[float]) -> list[float]:
    """The expected share of false ones among the alarms (Benjamini & Hochberg 1995)."""
    found, least = [0.0] * len(values), 1.0
    places = sorted(range(len(values)), key=values.__getitem__)
    for rank, place in reversed(list(enumerate(places, start=1))):
        least = min(least, values[place] * len(values) / rank)
        found[place] = least
    return found


CORRECTIONS: Mapping[str, Corrected] = {"Holm": holm, "BenjaminiHochberg": benjamini_hochberg, "None": list}
