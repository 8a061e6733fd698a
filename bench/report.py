"""What was measured, as a table and beside what is wanted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench import targets
from bench.figures import Times
from bench.targets import Target
from bench.usage import MEBIBYTE, Usage
from demo.table import table

_HEADINGS = (
    *("PHASE", "N", "MEDIAN s", "P99 s", "LAST s", "V1 s", "CPU s", "MEMORY MiB", "RECONCILES", "MEAN ms"),
    *("WRITES", "EVENTS", "REGISTRY", "LOG B/RECONCILE"),
)


@dataclass(frozen=True)
class Row:
    """One phase: its times, and what the operator used from its start until its end."""

    name: str
    times: Times
    used: Usage


def report(rows: Sequence[Row]) -> str:
    lines = [f"\n{table(_HEADINGS, [_cells(row) for row in rows])}\n", *_beside_the_floor(rows)]
    return "\n".join([*lines, *(target.verdict(measured) for target, measured in _verdicts(rows)), ""])


def _cells(row: Row) -> list[str]:
    times, used, beside = row.times, row.used, targets.v1(row.name)
    each = [f"{value:.3f}" for value in (times.median, times.p99)] if times.each else ["-", "-"]
    return [
        row.name,
        str(len(times.each)) if times.each else "-",
        *each,
        "-" if math.isnan(times.last) else f"{times.last:.2f}",
        f"{beside:g}" if beside else "-",
        f"{used.cpu_seconds:.2f}",
        f"{used.memory_bytes / MEBIBYTE:.0f}",
        f"{used.reconciles:.0f}",
        f"{1000 * used.reconcile_seconds / used.reconciles:.1f}" if used.reconciles else "-",
        f"{used.writes:.0f}",
        f"{used.events:.0f}",
        f"{used.registry_requests:.0f}",
        f"{used.log_bytes / used.reconciles:.0f}" if used.reconciles and used.log_bytes else "-",
    ]


def _beside_the_floor(rows: Sequence[Row]) -> Iterator[str]:
    by_name = {row.name: row for row in rows}
    for row in rows:
        kind, _, count = row.name.partition("-")
        if kind == "floor":
            ratio = by_name[f"create-{count}"].times.last / row.times.last
            yield f"{count} objects took {ratio:.1f} times as long as plain POSTs of their children.\n"


def _verdicts(rows: Sequence[Row]) -> Iterator[tuple[Target, float]]:
    for row in rows:
        kind, _, rest = row.name.partition("-")
        if kind == "create" and int(rest) in targets.CREATE_SECONDS:
            yield Target(f"{row.name}-last", targets.CREATE_SECONDS[int(rest)]), row.times.last
        elif kind == "patch":
            yield Target(f"{row.name}-median", targets.PATCH_MEDIAN_SECONDS), row.times.median
            yield Target(f"{row.name}-p99", targets.PATCH_P99_SECONDS), row.times.p99
        elif kind == "rest":
            yield Target(f"{row.name}-writes", targets.WRITES_AT_REST), row.used.writes
        elif kind in {"failover", "restart"}:
            yield Target(row.name, targets.RESTART_SECONDS), row.times.last
            yield Target(f"{row.name}-writes", targets.WRITES_AT_REST), row.used.writes
    yield Target("memory-mib", targets.MEMORY_MEBIBYTES), max(row.used.memory_bytes for row in rows) / MEBIBYTE
