"""A program with the operator's own `/metrics`, on which something of everything happens between two scrapes."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any, cast, get_args

from kopf._cogs.structs.references import Insights

from sdep.api.rollout import Measure
from sdep.cluster.client import Cluster
from sdep.operator import metrics, probes
from sdep.operator.health import Health
from sdep.operator.queue import WorkQueue
from sdep.operator.store import ObjectName, Store
from sdep.operator.stream import Streams

PREDICTORS = [
    {"name": "main", "traffic": 80, "replicas": 2, "readyReplicas": 2},
    {"name": "canary", "traffic": 20, "replicas": 2, "readyReplicas": 1},
]
QUANTILES = {"p05": -0.5, "p50": 0.1, "p95": 1.5, "p99": 2.5}
SHADOW = {
    "shadow": "shadow",
    "pairs": 90,
    "compared": 80,
    "alike": 72,
    "liveOnly": 3,
    "shadowFailed": 10,
    "agreement": {"estimate": 0.9, "low": 0.8, "high": 0.95},
    "delta": QUANTILES,
    "slower": QUANTILES,
    "flips": [{"live": "cheap", "shadow": "dear", "rows": 7}],
    "tests": [{"measure": "latency", "more": 60, "less": 20, "pValue": 0.01}],
}
COMPARED = {
    "verdict": "Pass",
    "samples": 50,
    "stableSamples": 950,
    "estimate": 0.1,
    "low": -0.2,
    "high": 0.4,
    "threshold": 0.5,
}
ROLLOUT = {
    "phase": "Progressing",
    "canary": "canary",
    "stable": "main",
    "revision": "r",
    "step": 1,
    "steps": 3,
    "weight": 20,
    "findings": [{**COMPARED, "metric": name} for name in (*get_args(Measure), "split", "margin-of-profit")],
}
DRIFT = [
    {
        "predictor": "main",
        "reason": "FeaturesDrifted",
        "findings": [{"kind": "feature", "name": "oil", "drifted": True, "distance": 34.0}],
    }
]


class BusyHealth(Health):
    def measure(self) -> None:
        happen()
        super().measure()


def happen() -> None:
    metrics.LEADER.set(1)
    metrics.RECONCILE_SECONDS.labels(result="ok").observe(0.02)
    metrics.RECONCILE_ERRORS.labels(reason="ApiServerError").inc()
    metrics.CHANGES.labels(kind="Deployment", action="created").inc()
    metrics.REGISTRY_MOVES.inc()
    metrics.DRIFT_WINDOWS.labels(reason="NoDrift").inc()
    metrics.MISSED_DELETIONS.inc()
    metrics.GATE_REQUESTS.labels(code="200").inc()
    metrics.NOTIFICATIONS.labels(outcome="delivered").inc()
    metrics.LINEAGE.labels(receiver="DataHub", outcome="delivered").inc()
    metrics.ROLLOUT_DECISIONS.labels(phase="Promoted", reason="Promoted").inc()
    metrics.EXPERIMENT_DECISIONS.labels(reason="WinnerDeclared").inc()
    metrics.EVIDENCE_REQUESTS.labels(source="engine", code="200").inc()
    metrics.ADMISSION_SECONDS.labels(allowed="true").observe(0.002)
    metrics.CERTIFICATE_EXPIRY.set(time.time() + 86400)
    metrics.REGISTRY_REQUESTS.labels(code="200").inc()
    metrics.DELIVERIES.labels(outcome="heard").inc()
    metrics.SERVED_TAGS.labels(outcome="set").inc()
    metrics.REGISTRY_SECONDS.observe(0.03)
    metrics.KUBERNETES_REQUESTS.labels(verb="patch", kind="deployments", code="200").inc()
    metrics.KUBERNETES_SECONDS.labels(verb="patch").observe(0.004)


async def main() -> None:
    async def reconcile(_: ObjectName) -> None: ...

    store = Store()
    metadata = {"namespace": "n", "name": "prices", "uid": "u", "resourceVersion": "1"}
    told = {"predictors": PREDICTORS, "comparisons": [SHADOW], "rollout": ROLLOUT, "drift": DRIFT}
    status = {"state": "Available", **told}
    store.put_sdep({"metadata": metadata, "status": status})
    streams = Streams(Insights(), lambda *_: None, lambda *_: False)
    cluster = cast("Cluster", cast("Any", None))  # the probes for liveness alone ask it
    await probes.serve(int(sys.argv[1]), BusyHealth(cluster, store, WorkQueue(reconcile), streams))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
