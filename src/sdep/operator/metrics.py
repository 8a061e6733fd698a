"""The operator's own metrics."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

RECONCILE_SECONDS = Histogram(
    "sdep_reconcile_seconds",
    "Time that one look at a SeldonDeployment took",
    ["result"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
QUEUE_DEPTH = Gauge("sdep_queue_depth", "SeldonDeployments that wait for a worker")
OBJECTS = Gauge("sdep_objects", "SeldonDeployments by state", ["state"])
CHANGES = Counter("sdep_changes_total", "Children that were created, updated or deleted", ["kind", "action"])
REGISTRY_MOVES = Counter("sdep_model_moves_total", "Models that were replaced since their reference moved")
