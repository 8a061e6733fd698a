"""What the runtime is wanted to reach, as ratios within one run, and whether it did."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bench.serving import plan
from bench.serving.client import Measured
from bench.serving.plan import FOREST, NAMED, ONE_ROW, Point

Found = Mapping[tuple[str, Point], Measured]

EXECUTOR_SHARE = 733 / 758
"""Requests a second of v1's wrapper behind its executor, by those of the wrapper alone, at 64 connections: measured on
another machine of this kind, since the executor is no package. The ratio is applied to the wrapper of this run."""


class Verdict(NamedTuple):
    target: str
    measured: float
    wanted: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.measured >= self.wanted if self.at_least else self.measured <= self.wanted


def verdicts(found: Found, bare: Mapping[str, float], loaded: Measured | None = None) -> Iterator[Verdict]:
    """Those of which this run has both sides. `loaded` is one row at 80 % of the most."""
    yield from _throughput(found)
    yield from _times(found, bare)
    if loaded is not None:
        yield Verdict("p99 by p50 at 80 % load", loaded.p99 / loaded.p50, 3)


def _throughput(found: Found) -> Iterator[Verdict]:
    many = Point(ONE_ROW, 64)
    best = max((found[key].rate for key in found if key[0].startswith(plan.RUNTIME) and key[1] == many), default=0.0)
    for name, share, wanted in (
        (plan.WRAPPER, EXECUTOR_SHARE, 15),
        (plan.MLSERVER, 1, 8),
        (plan.MLSERVER_ALONE, 1, 8),
    ):
        if best and (name, many) in found:
            told = "v1's executor and wrapper" if name == plan.WRAPPER else name
            yield Verdict(
                f"requests/s by {told}, 64 connections",
                best / (found[name, many].rate * share),
                wanted,
                at_least=True,
            )
    if (plan.FLOOR, many) in found and (plan.RUNTIME, many) in found:
        ratio = found[plan.RUNTIME, many].rate / found[plan.FLOOR, many].rate
        yield Verdict("requests/s by empty handler, 64 connections, one process", ratio, 0.5, at_least=True)


def _times(found: Found, bare: Mapping[str, float]) -> Iterator[Verdict]:
    own = {point: measured for (name, point), measured in found.items() if name == plan.RUNTIME}
    one = Point(ONE_ROW, 1)
    if one in own and bare:
        yield Verdict(
            "ms of p50 above bare predict, 1 connection", 1000 * (own[one].p50 - bare["runtime's path"]), 0.25
        )
    if one in own and Point(NAMED, 1) in own:
        yield Verdict("p50 of named by positional columns", own[Point(NAMED, 1)].p50 / own[one].p50, 2)
    if (plan.CHILD, one) in found and (plan.ENSEMBLES[2], one) in found:
        yield Verdict(
            "p50 of an ensemble of 2 by its child", found[plan.ENSEMBLES[2], one].p50 / found[plan.CHILD, one].p50, 1.2
        )
    forest = [
        measured.rate
        for (name, point), measured in found.items()
        if point.question == FOREST and name.startswith(plan.RUNTIME)
    ]
    if forest and "forest" in bare:
        most = (os.cpu_count() or 1) / bare["forest"]
        yield Verdict("requests/s of the forest by what the cores can", max(forest) / most, 0.9, at_least=True)
