"""One report from several: what a scrape of any worker shows is the whole pod."""

from __future__ import annotations

import math
from functools import reduce
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from sdep.evidence import answers
from sdep.evidence.evidence import Evidence
from sdep.evidence.watched import Watched
from sdep.runtime.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_ADDED = {"process_resident_memory_bytes", "process_virtual_memory_bytes", "process_open_fds"}
_OWN = "sdep_"
"""Gauges of our own count something that each worker has a part of."""
_EARLIEST = {"process_start_time_seconds"}
_COUNTS = {"counter", "histogram", "summary"}


class _Family(NamedTuple):
    head: list[str]
    kind: str
    samples: dict[str, list[float]]


def together(reports: Sequence[Report]) -> Report:
    evidence = reduce(Evidence.plus, (report.evidence for report in reports))
    told = answers.together(report.answers for report in reports)
    watched = reduce(Watched.plus, (report.watched for report in reports))
    return Report(merged(report.exposition for report in reports), evidence, told, watched)


def lasting(report: Report) -> Report:
    """What stays true of a worker that is gone: it did what it counted. Its last answers are gone with it."""
    return Report(counts(report.exposition), report.evidence, watched=report.watched)


def merged(expositions: Iterable[str]) -> str:
    """Counters and histograms are summed. So are gauges of memory, of files and our own; of others it is the mean."""
    lines: list[str] = []
    for name, family in _families(expositions).items():
        combine = _combination(name, family.kind)
        lines += family.head
        lines += [f"{key} {_number(combine(values))}" for key, values in family.samples.items()]
    return "".join(f"{line}\n" for line in lines)


def counts(exposition: str) -> str:
    """Without the gauges."""
    lines: list[str] = []
    for family in _families([exposition]).values():
        if family.kind in _COUNTS:
            lines += family.head
            lines += [f"{key} {_number(values[0])}" for key, values in family.samples.items()]
    return "".join(f"{line}\n" for line in lines)


def _families(expositions: Iterable[str]) -> dict[str, _Family]:
    found: dict[str, _Family] = {}
    for exposition in expositions:
        family = _Family([], "", {})
        head: list[str] = []
        for line in exposition.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ", 3)
                family = found.setdefault(name, _Family([*head, line], kind, {}))
                head = []
            elif line.startswith("#"):
                head.append(line)
            elif line:
                key, _, value = line.rpartition(" ")
                family.samples.setdefault(key, []).append(float(value))
    return found


def _combination(name: str, kind: str) -> Callable[[Sequence[float]], float]:
    if kind in _COUNTS or name in _ADDED or name.startswith(_OWN):
        return math.fsum
    return min if name in _EARLIEST else fmean


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else repr(value)
