"""Our own detector on a stream: the runtime's bins, the operator's windows, as they are used in a cluster with their defaults."""

from __future__ import annotations

from functools import lru_cache

from bench.drift.streams import FEATURES, Stream, reference
from sdep.api.drift import DriftDetector
from sdep.drift.judge import judged
from sdep.runtime.drift.profile import Profile, profile_of
from sdep.runtime.reference.reference import Reference

DETECTOR = DriftDetector()
WINDOW = DETECTOR.window.rows


@lru_cache(maxsize=1)
def _profile() -> Profile:
    known = reference()
    names = (*(f"x{number}" for number in range(FEATURES)), "colour")
    columns = (*(known.numbers[:, number] for number in range(FEATURES)), known.colours.astype(str).astype(object))
    return profile_of(Reference(names, columns), (), {})


def alarms(stream: Stream) -> list[int]:
    """The rows at which windows end that have drifted."""
    profile, found = _profile(), []
    series = [binned.series(None) for binned in profile.every if binned.kind == "feature"]
    for end in range(WINDOW, len(stream.numbers) + 1, WINDOW):
        rows = slice(end - WINDOW, end)
        columns = [*(stream.numbers[rows, number] for number in range(FEATURES))]
        columns.append(stream.colours[rows].astype(str).astype(object))
        window = {
            one.key: binned.bins.counts(column)
            for one, binned, column in zip(series, profile.features.values(), columns, strict=True)
        }
        if any(finding.drifted for finding in judged(DETECTOR, series, window)):
            found.append(end)
    return found
