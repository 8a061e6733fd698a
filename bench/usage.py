"""What the operator has used, as its own metrics say."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from bench.cluster import Cluster
from demo.operator import DEPLOYMENT, NAMESPACE

MEBIBYTE = 1024 * 1024


class OperatorError(Exception):
    """The operator that should be measured is not there, or not the same any more."""


@dataclass(frozen=True)
class Usage:
    """Totals since the operator's start; memory is that of the moment."""

    pod: str
    cpu_seconds: float
    memory_bytes: float
    reconciles: float
    reconcile_seconds: float

    def since(self, before: Usage) -> Usage:
        if self.pod != before.pod or self.cpu_seconds < before.cpu_seconds:
            raise OperatorError("the operator was restarted while it was measured: run again")
        return Usage(
            self.pod,
            self.cpu_seconds - before.cpu_seconds,
            self.memory_bytes,
            self.reconciles - before.reconciles,
            self.reconcile_seconds - before.reconcile_seconds,
        )


def usage(cluster: Cluster) -> Usage:
    """Read /metrics through the API server's pod proxy."""
    pods = cluster.running_pods(NAMESPACE, f"app={DEPLOYMENT}")
    if len(pods) != 1:
        raise OperatorError(f"one running pod of {NAMESPACE}/{DEPLOYMENT} is needed, there are {len(pods)}")
    totals: dict[str, float] = defaultdict(float)
    text = cluster.read(f"/api/v1/namespaces/{NAMESPACE}/pods/{pods[0]}:8080/proxy/metrics")
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            totals[sample.name] += sample.value
    return Usage(
        pods[0],
        totals["process_cpu_seconds_total"],
        totals["process_resident_memory_bytes"],
        totals["sdep_reconcile_seconds_count"],
        totals["sdep_reconcile_seconds_sum"],
    )
