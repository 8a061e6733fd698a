"""`python -m bench.serving`: see `--help`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.serving import plan, questions, servers
from bench.serving.bare import bare
from bench.serving.client import Load, LoadError, Measured, measure
from bench.serving.models import train
from bench.serving.plan import ONE_ROW, Point, Subject
from bench.serving.servers import Server
from bench.serving.soak import soak
from bench.serving.targets import Verdict, verdicts
from demo.table import table
from sdep.runtime import settings

_WARM_UP = 0.5
_MEBIBYTE = 1024 * 1024
_HEADINGS = (
    *("SERVER", "MODEL", "ROWS", "OVER", "CONNECTIONS", "REQUESTS/S", "P50 ms", "P99 ms"),
    *("CPU ms/REQUEST", "CLIENT ms", "MEMORY MiB"),
)


def main() -> int:
    asked = _arguments()
    try:
        with tempfile.TemporaryDirectory() as folder:
            train(Path(folder))
            if asked.soak:
                return soak(Path(folder), asked.soak, asked.rate)
            _run(Path(folder), asked)
    except (LoadError, OSError) as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only what most targets need, in about a minute")
    parser.add_argument("--seconds", type=float, default=0, help="of each measurement: 3, or 1 with --quick")
    parser.add_argument("--servers", default="", help="only those whose names begin with one of these, comma-separated")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes of the runtime, besides one")
    parser.add_argument(
        "--soak", type=float, default=0, metavar="MINUTES", help="steady load, and whether memory grows"
    )
    parser.add_argument("--rate", type=float, default=0, help="of --soak, in requests a second: half of what it can")
    return parser.parse_args()


def _run(root: Path, asked: argparse.Namespace) -> None:
    seconds = asked.seconds or (1 if asked.quick else 3)
    found: dict[tuple[str, Point], Measured] = {}
    loaded = None
    for subject in _subjects(asked):
        with servers.running(subject.command(root), root, subject.points[0].question) as server:
            for point in subject.points:
                found[subject.name, point] = _measure(server, point, seconds)
                _say_row(subject.name, point, found[subject.name, point])
            if subject.name == plan.RUNTIME and (most := found.get((subject.name, Point(ONE_ROW, 64)))) and not loaded:
                load = Load(16, seconds, 0.8 * most.rate)
                loaded = measure(server.port, server.request(ONE_ROW), load, server.tree)
    alone = bare(root, "three", seconds)
    if not asked.quick:
        alone["forest"] = bare(root, "forest", seconds)["runtime's path"]
    _report(found, alone, list(verdicts(found, alone, loaded)))


def _subjects(asked: argparse.Namespace) -> list[Subject]:
    every = list(plan.quick() if asked.quick else plan.full(_workers(asked.workers)))
    wanted = tuple(name for name in asked.servers.split(",") if name)
    return [subject for subject in every if not wanted or subject.name.startswith(wanted)]


def _workers(wanted: int) -> int:
    if "workers" in settings.Settings.__dataclass_fields__:
        return wanted
    sys.stdout.write("The runtime has one process: it does not know SDEP_WORKERS, so that row is left out.\n")
    return 1


def _measure(server: Server, point: Point, seconds: float) -> Measured:
    port = server.grpc_port if point.method else server.port
    question = questions.seldon_rpc(point.question) if point.method else server.request(point.question)
    measure(port, question, Load(point.connections, _WARM_UP), server.tree, point.method)
    return measure(port, question, Load(point.connections, seconds), server.tree, point.method)


def _say_row(name: str, point: Point, measured: Measured) -> None:
    """At once: a whole run takes minutes."""
    sys.stderr.write(f"{'  '.join(_cells(name, point, measured))}\n")


def _cells(name: str, point: Point, measured: Measured) -> list[str]:
    model = f"{point.question.model}{', named' if point.question.named else ''}"
    figures = (1000 * value for value in (measured.p50, measured.p99, measured.cpu, measured.client_cpu))
    return [
        *(name, model, str(point.question.rows), "gRPC" if point.method else "REST", str(point.connections)),
        f"{measured.rate:.0f}",
        *(f"{figure:.3f}" for figure in figures),
        f"{measured.memory / _MEBIBYTE:.0f}",
    ]


def _report(found: dict[tuple[str, Point], Measured], alone: dict[str, float], verdict: Sequence[Verdict]) -> None:
    rows = [_cells(*key, measured) for key, measured in found.items()]
    bare_rows = [[name, f"{1000 * seconds:.4f}"] for name, seconds in alone.items()]
    told = [[each.target, f"{each.measured:.2f}", _wanted(each), "met" if each.met else "not met"] for each in verdict]
    tables = (
        table(_HEADINGS, rows),
        table(["WITHOUT A SERVER, one row", "P50 ms"], bare_rows),
        table(["TARGET", "MEASURED", "WANTED", ""], told),
    )
    sys.stdout.write("\n\n".join(tables) + "\n\n" + _QUOTED)


def _wanted(verdict: Verdict) -> str:
    return f"{'at least' if verdict.at_least else 'at most'} {verdict.wanted:g}"


_QUOTED = """Quoted, not measured here: on another machine of this kind Seldon Core v1.17.1's executor with its wrapper answered
555, 773 and 733 requests a second at 1, 16 and 64 connections (p50 1.73, 20.2, 88 ms), the wrapper alone 758, 783, 758.
The executor is no package, so its target applies the ratio 733/758 to the wrapper of this run.
"""


if __name__ == "__main__":
    sys.exit(main())
