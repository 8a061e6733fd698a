"""Published detectors on streams, run in an environment of their own: reads a file of streams, writes the rows of alarms as JSON.

    python libraries.py STREAMS

River watches one number with each detector, so each feature has one, and an alarm is any of theirs. (Its KSWIN takes half a millisecond a
number, hours for these streams, and is left out.) Frouros holds a window against the reference.
`told` divides the chance of a false alarm by the number of features, as a user who knows of it would; the others are as they come.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from frouros.detectors.data_drift import ChiSquareTest, KSTest
from river import drift

WINDOW, ALPHA = 1000, 0.05
Array = np.ndarray[Any, Any]


def by_row(make: Callable[[], Any]) -> Callable[[Array, Array, Array, Array], Iterator[int]]:
    def alarms(numbers: Array, colours: Array, _: Array, __: Array) -> Iterator[int]:
        columns = np.column_stack([numbers, colours])
        detectors = [make() for _ in range(columns.shape[1])]
        for row, values in enumerate(columns.tolist(), start=1):
            changed = False
            for detector, value in zip(detectors, values, strict=True):
                detector.update(value)
                changed |= detector.drift_detected
            if changed:
                yield row

    return alarms


def by_window(share: int) -> Callable[[Array, Array, Array, Array], Iterator[int]]:
    """Kolmogorov and Smirnov's test of each number and the chi-square test of colours; alpha is parted in `share`."""

    def alarms(numbers: Array, colours: Array, known: Array, known_colours: Array) -> Iterator[int]:
        tests = [KSTest() for _ in range(numbers.shape[1])]
        for place, test in enumerate(tests):
            test.fit(X=known[:, place])
        chi = ChiSquareTest()
        chi.fit(X=known_colours)
        for end in range(WINDOW, len(numbers) + 1, WINDOW):
            rows = slice(end - WINDOW, end)
            chances = [test.compare(X=numbers[rows, place])[0].p_value for place, test in enumerate(tests)]
            chances.append(chi.compare(X=colours[rows])[0].p_value)
            if min(chances) <= ALPHA / share:
                yield end

    return alarms


DETECTORS = {
    "river ADWIN": by_row(drift.ADWIN),
    "river ADWIN, told": by_row(lambda: drift.ADWIN(delta=0.002 / 11)),
    "river PageHinkley": by_row(drift.PageHinkley),
    "frouros KS, chi2": by_window(1),
    "frouros KS, chi2, told": by_window(11),
}


def main(path: str) -> int:
    with np.load(path) as data:
        found = {
            name: [
                list(alarms(numbers, colours, data["known"], data["known_colours"]))
                for numbers, colours in zip(data["numbers"], data["colours"], strict=True)
            ]
            for name, alarms in DETECTORS.items()
        }
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
