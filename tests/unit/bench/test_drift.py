"""The streams that detectors are compared on change where they say, and ours finds what is to be found."""

from __future__ import annotations

import numpy as np

from bench.drift import ours
from bench.drift.__main__ import OURS, delays, false_alarms
from bench.drift.streams import CHANGE, SCENARIOS, stream


def test_a_stream_changes_at_its_row_and_nowhere_before() -> None:
    """Of the same seed, the rows before a change are those of a stream whose change is none."""
    for scenario in SCENARIOS[1:]:
        found = stream(scenario, 1)
        before, after = found.numbers[:CHANGE], found.numbers[-CHANGE:]
        moved = np.abs(after.mean(axis=0) - before.mean(axis=0)) + np.abs(after.std(axis=0) - before.std(axis=0))
        shares = [np.bincount(part, minlength=4) / CHANGE for part in (found.colours[:CHANGE], found.colours[-CHANGE:])]
        numbers, colours = (moved > 0.2).tolist(), bool(np.abs(shares[0] - shares[1]).max() > 0.1)
        assert numbers == [place == 3 and scenario.name != "categories" for place in range(10)]
        assert colours == (scenario.name == "categories")


def test_ours_finds_every_change_within_its_window_and_nothing_else() -> None:
    """One stream of each kind: the window in which a sudden change lies ends a thousand rows after it."""
    found = {scenario: {OURS: [ours.alarms(stream(scenario, 1))]} for scenario in SCENARIOS}
    assert false_alarms(found, OURS) == 0
    for scenario in SCENARIOS[1:]:
        (delay,) = delays(found[scenario][OURS])
        assert delay <= ours.WINDOW * (1 if scenario.over == 1 else 3), scenario.name


def test_what_is_counted_of_alarms() -> None:
    """Alarms before a change are false ones, the first after it is when it was found, and none is never."""
    quiet, moved = SCENARIOS[0], SCENARIOS[1]
    found = {quiet: {OURS: [[100], []]}, moved: {OURS: [[CHANGE, CHANGE + 7, CHANGE + 9], []]}}
    assert delays(found[moved][OURS]) == [7]
    assert false_alarms(found, OURS) == 10_000 * 2 / (2 * 12_000 + 2 * CHANGE)
