"""What the operator has used, as its own metrics and its log say: the replica that leads, and those that stand by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from bench.cluster import ApiError, Body, Cluster
from demo.operator import DEPLOYMENT, NAMESPACE

MEBIBYTE = 1024 * 1024
_WRITES = {"create", "update", "patch", "delete"}
_BESIDE = {"leases", "events"}
"""What is written however little there is to do, and what only tells of it."""


class OperatorError(Exception):
    """The operator that should be measured is not there, or not the same any more."""


@dataclass(frozen=True)
class Usage:
    """Totals since the replica's start; memory, objects and queue are those of the moment."""

    pod: str
    leads: bool = False
    cpu_seconds: float = 0
    memory_bytes: float = 0
    reconciles: float = 0
    reconcile_seconds: float = 0
    writes: float = 0
    events: float = 0
    registry_requests: float = 0
    objects: float = 0
    waiting: float = 0
    log_bytes: float = 0

    def since(self, before: Usage) -> Usage:
        """What came in between, with the memory and the objects of now."""
        if self.pod != before.pod or self.cpu_seconds < before.cpu_seconds:
            raise OperatorError("the operator was restarted while it was measured: run again")
        return Usage(
            self.pod,
            self.leads,
            self.cpu_seconds - before.cpu_seconds,
            self.memory_bytes,
            self.reconciles - before.reconciles,
            self.reconcile_seconds - before.reconcile_seconds,
            self.writes - before.writes,
            self.events - before.events,
            self.registry_requests - before.registry_requests,
            self.objects,
            self.waiting,
            self.log_bytes - before.log_bytes,
        )


def replicas(cluster: Cluster) -> list[str]:
    """The names of the operator's pods that are ready."""
    return [pod["metadata"]["name"] for pod in cluster.running_pods(NAMESPACE, f"app={DEPLOYMENT}") if _ready(pod)]


def of_replica(cluster: Cluster, pod: str, *, with_log: bool = False) -> Usage:
    """Read /metrics, and for its size the log, through the API server. Raises ApiError where the pod does not answer."""
    where = f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}"
    families = list(text_string_to_metric_families(cluster.text(f"{where}:8080/proxy/metrics")))
    return Usage(
        pod,
        _total(families, "sdep_leader") == 1,
        _total(families, "process_cpu_seconds_total"),
        _total(families, "process_resident_memory_bytes"),
        _total(families, "sdep_reconcile_seconds_count"),
        _total(families, "sdep_reconcile_seconds_sum"),
        _written(families, events=False),
        _written(families, events=True),
        _total(families, "sdep_registry_requests_total"),
        _total(families, "sdep_objects"),
        _total(families, "sdep_queue_depth"),
        len(cluster.text(f"{where}/log")) if with_log else 0,
    )


def usage(cluster: Cluster) -> Usage:
    """The leader's. Raises OperatorError where none leads, or more than one."""
    found = [of_replica(cluster, pod) for pod in replicas(cluster)]
    leaders = [one for one in found if one.leads]
    if len(leaders) != 1:
        raise OperatorError(
            f"one leading replica of {NAMESPACE}/{DEPLOYMENT} is needed; of {len(found)} that are ready {len(leaders)} lead"
        )
    return of_replica(cluster, leaders[0].pod, with_log=True)


def standing_by(cluster: Cluster) -> list[Usage]:
    """Those that answer and do not lead."""
    found = []
    for pod in replicas(cluster):
        try:
            found.append(of_replica(cluster, pod))
        except ApiError:
            continue
    return [one for one in found if not one.leads]


def _ready(pod: Body) -> bool:
    conditions = pod["status"].get("conditions") or ()
    return any(said["type"] == "Ready" and said["status"] == "True" for said in conditions)


def _total(families: Sequence[Metric], sample: str) -> float:
    return sum(found.value for family in families for found in family.samples if found.name == sample)


def _written(families: Sequence[Metric], *, events: bool) -> float:
    """Requests that write children and status, or those that write events."""
    return sum(
        found.value
        for family in families
        for found in family.samples
        if found.name == "sdep_kubernetes_requests_total"
        and found.labels["verb"] in _WRITES
        and (found.labels["kind"] == "events" if events else found.labels["kind"] not in _BESIDE)
    )
