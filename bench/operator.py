"""`python -m bench.operator`: how fast the operator follows what users do, with 1 and with 100 objects."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from kubernetes.client.exceptions import ApiException
from kubernetes.config import ConfigException

from bench import targets
from bench.cluster import Cluster
from bench.figures import Times
from bench.phases import Bench
from bench.subject import NAMESPACE, subject, subjects
from bench.usage import MEBIBYTE, OperatorError, Usage, usage
from bench.watches import WatchEndedError, Watches
from demo.kubectl import CommandError
from demo.operator import install
from demo.steps import step
from demo.table import table
from demo.target import NoClusterError, choose

RUNS = 5
MANY = 100
_WATCH_SECONDS = 900
_DELETE_SECONDS = 300


@dataclass(frozen=True)
class Row:
    """One phase: its times, and what the operator used from its start until its end."""

    name: str
    times: Times
    used: Usage


def main() -> int:
    try:
        with _bench() as bench:
            rows = list(_phases(bench))
    except (
        OperatorError,
        WatchEndedError,
        NoClusterError,
        CommandError,
        TimeoutError,
        ApiException,
        ConfigException,
    ) as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    _report(rows)
    return 0


@contextmanager
def _bench() -> Iterator[Bench]:
    """A namespace of its own, with watches that have told of a first object; it is deleted in the end."""
    cluster = Cluster(_kubeconfig())
    usage(cluster)
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    try:
        bench = Bench(cluster, Watches(cluster, NAMESPACE, _WATCH_SECONDS))
        load = os.getloadavg()[0]
        sys.stdout.write(
            f"Kubernetes {cluster.version}, {os.cpu_count()} cores, load average {load:.1f} at the start\n"
        )
        with step("one object first, not counted"):
            bench.create_one_by_one("first", 1)
        yield bench
    finally:
        with step(f"delete namespace {NAMESPACE}"):
            cluster.remove_namespace(NAMESPACE, _DELETE_SECONDS)


def _kubeconfig() -> str:
    """The cluster of KUBECONFIG with the operator that it has, or the local node with the operator of this checkout."""
    if given := os.environ.get("KUBECONFIG"):
        return given
    target = choose()
    with step("install the operator: helm install charts/sdep-operator"):
        install(target)
    return str(target.kubeconfig)


def _phases(bench: Bench) -> Iterator[Row]:
    """Quiet times between phases belong to none of them, but to creation, whose follow-up work counts as its own."""
    yield _row(bench, "create-1", lambda: bench.create_one_by_one("single", RUNS))
    alone = subject("patched", split=True)
    bench.create([alone])
    bench.settle([alone])
    yield _row(bench, "patch-1", lambda: bench.patch(alone))
    bench.delete(alone)
    many = subjects("many", MANY)

    def create_all() -> Times:
        times = bench.create(many)
        bench.settle(many)
        return times

    yield _row(bench, f"create-{MANY}", create_all)
    yield _row(bench, f"patch-{MANY}", lambda: bench.patch(many[0]))
    yield _row(bench, f"floor-{MANY}", lambda: bench.post_children(subjects("floor", MANY)))


def _row(bench: Bench, name: str, run: Callable[[], Times]) -> Row:
    with step(name):
        before = usage(bench.cluster)
        times = run()
        return Row(name, times, usage(bench.cluster).since(before))


def _report(rows: list[Row]) -> None:
    headings = ["PHASE", "N", "MEDIAN s", "P99 s", "LAST s", "CPU s", "MEMORY MiB", "RECONCILES", "MEAN ms"]
    sys.stdout.write(f"\n{table(headings, [_cells(row) for row in rows])}\n\n")
    by_name = {row.name: row for row in rows}
    create, patch, floor = by_name[f"create-{MANY}"], by_name[f"patch-{MANY}"], by_name[f"floor-{MANY}"]
    ratio = create.times.last / floor.times.last
    sys.stdout.write(f"{MANY} objects took {ratio:.1f} times as long as plain POSTs of their children.\n\n")
    for target, measured in (
        (targets.CREATE_1, by_name["create-1"].times.median),
        (targets.CREATE_100, create.times.last),
        (targets.PATCH_MEDIAN, patch.times.median),
        (targets.PATCH_P99, patch.times.p99),
        (targets.CPU, create.used.cpu_seconds),
        (targets.MEMORY, max(row.used.memory_bytes for row in rows) / MEBIBYTE),
    ):
        sys.stdout.write(f"{target.verdict(measured)}\n")


def _cells(row: Row) -> list[str]:
    times, used = row.times, row.used
    seconds = ["-" if math.isnan(value) else f"{value:.3f}" for value in (times.median, times.p99, times.last)]
    mean = f"{1000 * used.reconcile_seconds / used.reconciles:.1f}" if used.reconciles else "-"
    memory = f"{used.memory_bytes / MEBIBYTE:.0f}"
    return [row.name, str(len(times.each)), *seconds, f"{used.cpu_seconds:.2f}", memory, f"{used.reconciles:.0f}", mean]


if __name__ == "__main__":
    sys.exit(main())
