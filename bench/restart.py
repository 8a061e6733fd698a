"""How soon another operator has looked at every object, after the one that led went."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from bench.cluster import ApiError, Cluster
from bench.figures import Times
from bench.usage import OperatorError, Usage, of_replica, replicas, standing_by, usage
from demo.operator import NAMESPACE
from sdep.render.manifest import Key

_SECONDS = 180
_LOOK_EVERY_SECONDS = 0.1


def failover(cluster: Cluster) -> tuple[Times, Usage]:
    """The leader is deleted, and one that stood by takes over; the second value is what that one has used since."""
    leader, before = usage(cluster), {one.pod: one for one in standing_by(cluster)}
    if not before:
        raise OperatorError("no replica stands by that could take over: install with manager.replicas=2")
    seconds, now = _replaced(cluster, [leader.pod], leader.objects)
    taken_over = before.get(now.pod, Usage(now.pod))
    return Times((seconds,), seconds), now.since(taken_over)


def restart(cluster: Cluster) -> tuple[Times, Usage]:
    """Every replica is deleted at once; the second value is all that the next leader has used."""
    objects, pods = usage(cluster).objects, replicas(cluster)
    seconds, now = _replaced(cluster, pods, objects)
    return Times((seconds,), seconds), now


def _replaced(cluster: Cluster, pods: Collection[str], objects: float) -> tuple[float, Usage]:
    """Delete these pods as Kubernetes does it, and wait for a leader among the others that has no more to look at."""
    wanted = len(replicas(cluster))
    start = time.monotonic()
    for pod in pods:
        cluster.delete(Key("v1", "Pod", NAMESPACE, pod))
    seen: dict[str, tuple[float, float]] = {}
    converged: list[tuple[float, Usage]] = []

    def is_converged() -> bool:
        now = time.monotonic()
        for one in _running(cluster, pods):
            if not (one.leads and one.reconciles >= objects and one.waiting == 0):
                continue
            reconciles, since = seen.get(one.pod, (-1.0, now))
            if reconciles == one.reconciles:
                converged.append((since - start, one))
            seen[one.pod] = (one.reconciles, since if reconciles == one.reconciles else now)
        return bool(converged)

    _until(is_converged, f"a new leader that has looked at all {objects:.0f} objects")
    seconds, leader = converged[0]
    _until(lambda: len(set(replicas(cluster)) - set(pods)) >= wanted, "as many replicas as before")
    return seconds, leader


def _running(cluster: Cluster, gone: Collection[str]) -> list[Usage]:
    found = []
    for pod in set(replicas(cluster)) - set(gone):
        try:
            found.append(of_replica(cluster, pod))
        except ApiError:  # it is not up yet, or not any more
            continue
    return found


def _until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {_SECONDS} s: {what}")
        time.sleep(_LOOK_EVERY_SECONDS)
