"""A steady load for long, and whether memory stays flat under it."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.serving import servers
from bench.serving.client import Load, Measured, measure
from bench.serving.plan import ONE_ROW

SHARE = 0.5
"""Of what the server can do."""
SAMPLES = 20
GROWTH = 1.05
"""At most so much more memory at the end than after the first tenth, in which caches and pools fill."""
_MEBIBYTE = 1024 * 1024


def soak(root: Path, minutes: float, rate: float) -> int:
    """The exit code: 0 where memory was flat. `rate` is in requests a second; 0 is half of what the server can do."""
    with servers.running(servers.runtime(root, servers.unit("three")), root, ONE_ROW) as server:
        question = server.request(ONE_ROW)
        steady = rate or SHARE * measure(server.port, question, Load(64, 3), server.tree).rate
        load = Load(16, 60 * minutes / SAMPLES, steady)
        samples: list[Measured] = []
        for index in range(SAMPLES):
            samples.append(measure(server.port, question, load, server.tree))
            sys.stdout.write(f"{index + 1}/{SAMPLES}  {_line(samples[-1])}\n")
            sys.stdout.flush()
    grown = samples[-1].memory / samples[SAMPLES // 10].memory
    sys.stdout.write(f"memory at the end by memory after a tenth: {grown:.3f}, wanted at most {GROWTH}\n")
    return 0 if grown <= GROWTH else 1


def _line(sample: Measured) -> str:
    times = f"p50 {1000 * sample.p50:.2f} ms, p99 {1000 * sample.p99:.2f} ms"
    return f"{sample.rate:.0f} requests/s, {times}, {sample.memory / _MEBIBYTE:.1f} MiB"
