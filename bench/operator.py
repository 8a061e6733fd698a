"""`python -m bench.operator [--objects 1,100]`: how fast the operator follows what users do, and what it needs for that."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench import registry
from bench.cluster import ApiError, Cluster
from bench.figures import Times
from bench.phases import Bench, floor_namespace
from bench.report import Row, report
from bench.restart import failover, restart
from bench.subject import NAMESPACE, subjects
from bench.usage import OperatorError, usage
from bench.watches import WatchEndedError, Watches
from demo.kubectl import CommandError
from demo.operator import install
from demo.steps import step
from demo.target import NoClusterError, choose

RUNS = 5
PATCHES = {0.0: 50, 0.5: 30, 3.0: 8}
"""How many patches, by the seconds between one's arrival and the next."""
FOLLOWERS = 100
REST_SECONDS = 60
_WATCH_SECONDS = 5400
_DELETE_SECONDS = 600


def main() -> int:
    counts, rows, code = _counts(), list[Row](), 0
    try:
        with _bench() as bench:
            for count in counts:
                for row in _phases(bench, count, most=count == max(counts)):
                    rows.append(row)  # one by one: what was measured before an error is reported
    except (OperatorError, WatchEndedError, NoClusterError, CommandError, TimeoutError, ApiError) as error:
        sys.stderr.write(f"\n{error}\n")
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.stdout.write(report(rows) if rows else "")
    return code


def _counts() -> list[int]:
    parser = argparse.ArgumentParser(prog="python -m bench.operator", description=__doc__)
    help_ = "how many objects there are in turn, e.g. 1,100,500,1000"
    parser.add_argument("--objects", default="1,100", metavar="N,N", help=help_)
    return [int(part) for part in parser.parse_args().objects.split(",")]


@contextmanager
def _bench() -> Iterator[Bench]:
    """A namespace of its own, with watches that have told of a first object; it is deleted in the end."""
    cluster = Cluster(_kubeconfig())
    usage(cluster)
    cluster.make_namespace(NAMESPACE)
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


def _phases(bench: Bench, count: int, *, most: bool) -> Iterator[Row]:
    """What is measured with so many objects, and with the `most` that there will be what is measured once.

    Quiet times between phases belong to none of them, but to creation, whose follow-up work counts as its own.
    """
    if count == 1:
        yield _row(bench, "create-1", lambda: bench.create_one_by_one("single", RUNS))
    present = subjects(f"of-{count}", count)

    def create_all() -> Times:
        times = bench.create(present)
        bench.settle(present)
        return times

    if count == 1:
        create_all()
    else:
        yield _row(bench, f"create-{count}", create_all)
    for gap, times in PATCHES.items():
        yield _row(bench, f"patch-{count}-{gap:g}s", lambda times=times, gap=gap: bench.patch(present[0], times, gap))  # type: ignore[misc]
    if most:
        yield from _with_all_present(bench, count)
    if count > 1:
        yield _row(bench, f"delete-{count}", lambda: bench.delete(present))
        yield _floor(bench, count)
    else:
        bench.delete(present)


def _with_all_present(bench: Bench, count: int) -> Iterator[Row]:
    if registry.answers(bench.cluster):
        yield from _alias(bench, count)
    else:
        sys.stdout.write("no MLflow answers in data-platform (make demo): no alias is moved\n")
    yield _row(bench, f"rest-{count}", _rest)
    for name, run in (("failover", failover), ("restart", restart)):
        with step(f"{name}-{count}"):
            yield Row(f"{name}-{count}", *run(bench.cluster))


def _alias(bench: Bench, count: int) -> Iterator[Row]:
    """As many objects as there are, at most 100, follow one alias; they are there for this phase alone."""
    with registry.model(bench.cluster) as model:
        following = subjects(f"on-alias-{count}", min(count, FOLLOWERS), model.uri)
        with step(f"create {len(following)} objects that follow an alias"):
            bench.create(following)
            bench.settle(following)
        yield _row(bench, f"alias-{count}", lambda: bench.follow(following, lambda: model.point_to(2)))
        with step("delete them"):
            bench.settle(following)
            bench.delete(following)


def _rest() -> Times:
    time.sleep(REST_SECONDS)  # nothing is awaited: that nothing happens is what is measured
    return Times((), REST_SECONDS)


def _floor(bench: Bench, count: int) -> Row:
    """In a namespace that goes afterwards, with what was made in it."""
    namespace = floor_namespace(count)
    bench.cluster.make_namespace(namespace)
    try:
        made = subjects(f"of-{count}", count)
        return _row(bench, f"floor-{count}", lambda: bench.post_children(made, namespace))
    finally:
        with step(f"delete namespace {namespace}"):
            bench.cluster.remove_namespace(namespace, _DELETE_SECONDS)


def _row(bench: Bench, name: str, run: Callable[[], Times]) -> Row:
    with step(name):
        before = usage(bench.cluster)
        times = run()
        return Row(name, times, usage(bench.cluster).since(before))


if __name__ == "__main__":
    sys.exit(main())
