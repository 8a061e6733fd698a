"""The operator's own metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace

import aiohttp
from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]  # a counter that is told anew at each scrape would seem made anew

RECONCILE_SECONDS = Histogram(
    "sdep_reconcile_seconds",
    "Time that one look at a SeldonDeployment took",
    ["result"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
RECONCILE_ERRORS = Counter("sdep_reconcile_errors_total", "Looks that ended with an error", ["reason"])
LEADER = Gauge("sdep_leader", "1 where this replica leads, 0 where it waits")
QUEUE_DEPTH = Gauge("sdep_queue_depth", "SeldonDeployments that wait for a worker")
OBJECTS = Gauge("sdep_objects", "SeldonDeployments by state", ["state"])
_PREDICTOR = ["namespace", "deployment_name", "predictor_name"]
REPLICAS = Gauge("sdep_predictor_replicas", "Pods that a predictor is to have", _PREDICTOR)
READY_REPLICAS = Gauge("sdep_predictor_ready_replicas", "Pods of a predictor that can answer", _PREDICTOR)
TRAFFIC = Gauge("sdep_predictor_traffic_percent", "Share that is routed, or mirrored, to a predictor", _PREDICTOR)
DRIFT_DETECTED = Gauge("sdep_drift_detected", "1 where what a predictor sees or answers has drifted", _PREDICTOR)
DRIFT_DISTANCE = Gauge(
    "sdep_drift_distance_ratio",
    "How far a feature, or a kind of prediction, was from the reference data in the last whole window: the ten furthest",
    [*_PREDICTOR, "kind", "feature"],
)
DRIFT_WINDOWS = Counter("sdep_drift_windows_total", "Whole windows that were judged for drift", ["reason"])
SHADOW_PAIRS = Counter(
    "sdep_shadow_pairs_total", "Requests that a shadow answered too, by outcome", [*_PREDICTOR, "outcome"]
)
SHADOW_UNPAIRED = Counter(
    "sdep_shadow_unpaired_total", "Answers of one side that the other never gave", [*_PREDICTOR, "side"]
)
SHADOW_AGREEMENT = Gauge(
    "sdep_shadow_agreement_ratio", "Share of the pairs of answers that agree", [*_PREDICTOR, "bound"]
)
SHADOW_DELTA = Gauge(
    "sdep_shadow_prediction_delta", "Numbers of a shadow minus those of clients", [*_PREDICTOR, "quantile"]
)
SHADOW_SLOWER = Gauge(
    "sdep_shadow_latency_delta_seconds", "Time of a shadow minus that of clients", [*_PREDICTOR, "quantile"]
)
SHADOW_FLIPS = Gauge(
    "sdep_shadow_flips",
    "Rows with one label for the client and another from a shadow: the twenty most frequent kinds",
    [*_PREDICTOR, "live_label", "shadow_label"],
)
SHADOW_P_VALUE = Gauge(
    "sdep_shadow_p_value", "That a shadow's are equally likely the greater and the smaller", [*_PREDICTOR, "measure"]
)
CHANGES = Counter("sdep_changes_total", "Children that were created, updated or deleted", ["kind", "action"])
REGISTRY_MOVES = Counter("sdep_model_moves_total", "Models that were replaced since their reference moved")
WATCH_AGE = Gauge("sdep_watch_silent_seconds", "Time since the most silent watch was last heard")
MISSED_DELETIONS = Counter("sdep_missed_deletions_total", "Objects that went while their watch was cut")
ADMISSION_SECONDS = Histogram(
    "sdep_admission_seconds",
    "Time that one review of a SeldonDeployment took",
    ["allowed"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 1),
)
CERTIFICATE_EXPIRY = Gauge(
    "sdep_webhook_certificate_expiry_seconds", "When the webhook's certificate ends, as Unix time"
)

REGISTRY_REQUESTS = Counter("sdep_registry_requests_total", "Requests to model registries", ["code"])
REGISTRY_SECONDS = Histogram("sdep_registry_request_seconds", "Time that a model registry took to answer")
DELIVERIES = Counter("sdep_registry_deliveries_total", "Deliveries of MLflow's webhooks", ["outcome"])
SERVED_TAGS = Counter(
    "sdep_served_tags_total", "Tags by which a registry learns where versions are served", ["outcome"]
)
KUBERNETES_REQUESTS = Counter(
    "sdep_kubernetes_requests_total", "Requests to the Kubernetes API, watches aside", ["verb", "kind", "code"]
)
KUBERNETES_SECONDS = Histogram(
    "sdep_kubernetes_request_seconds",
    "Time that the Kubernetes API took to answer",
    ["verb"],
    buckets=(0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30),
)

EVIDENCE_REQUESTS = Counter(
    "sdep_evidence_requests_total", "Requests to engines and to Prometheus for what predictors did", ["source", "code"]
)
GATE_REQUESTS = Counter("sdep_gate_requests_total", "Requests to gates of rollouts", ["code"])
NOTIFICATIONS = Counter("sdep_notifications_total", "Notifications of rollouts", ["outcome"])
EXPERIMENT_DECISIONS = Counter("sdep_experiment_decisions_total", "What experiments came to", ["reason"])
LINEAGE = Counter("sdep_lineage_statements_total", "Statements on what is served", ["receiver", "outcome"])
ROLLOUT_DECISIONS = Counter("sdep_rollout_decisions_total", "What rollouts came to", ["phase", "reason"])
ROLLOUT_PHASE = Gauge("sdep_rollout_phase", "1 for the phase that a canary's rollout is in", [*_PREDICTOR, "phase"])
ROLLOUT_STEP = Gauge("sdep_rollout_step", "Step that a canary is in, from 1", _PREDICTOR)
ROLLOUT_STEPS = Gauge("sdep_rollout_steps", "Steps of a canary's rollout", _PREDICTOR)
ROLLOUT_WEIGHT = Gauge("sdep_rollout_weight_percent", "Weight that the step asks for a canary", _PREDICTOR)
ROLLOUT_MIRROR = Gauge("sdep_rollout_mirror_percent", "Share that the step has copied to a canary", _PREDICTOR)
_FINDING = [*_PREDICTOR, "metric"]
ROLLOUT_FINDING = Gauge(
    "sdep_rollout_finding",
    "How much worse a canary is: the estimate, between what it lies, and the limit",
    [*_FINDING, "bound"],
)
ROLLOUT_SAMPLES = Gauge("sdep_rollout_finding_samples", "Requests or predictions that say so", [*_FINDING, "arm"])
ROLLOUT_VERDICT = Gauge(
    "sdep_rollout_finding_verdict", "1 for what a finding comes to", [*_FINDING, "dry_run", "verdict"]
)

_VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_NO_ANSWER = "none"


def registry_trace() -> aiohttp.TraceConfig:
    """Counts every request of a session that speaks to registries."""

    def count(_: str, __: str, code: str, seconds: float) -> None:
        REGISTRY_REQUESTS.labels(code=code).inc()
        REGISTRY_SECONDS.observe(seconds)

    return _trace(count)


def evidence_trace(source: str) -> aiohttp.TraceConfig:
    """Counts every request of a session that speaks to engines, or to Prometheus."""
    return _trace(lambda _, __, code, ___: EVIDENCE_REQUESTS.labels(source=source, code=code).inc())


def kubernetes_trace() -> aiohttp.TraceConfig:
    """Counts every request of a session that speaks to the API server."""

    def count(method: str, path: str, code: str, seconds: float) -> None:
        verb = _VERBS.get(method, method.lower())
        KUBERNETES_REQUESTS.labels(verb=verb, kind=resource_of(path), code=code).inc()
        KUBERNETES_SECONDS.labels(verb=verb).observe(seconds)

    return _trace(count)


def resource_of(path: str) -> str:
    """What a path of the Kubernetes API is about: `deployments`, or `seldondeployments/status`; else the path's first word."""
    parts = path.strip("/").split("/")
    start = {"api": 2, "apis": 3}.get(parts[0])
    if start is None or len(parts) <= start:
        return parts[0]
    rest = parts[start:]
    if rest[0] == "namespaces" and len(rest) > 2:  # noqa: PLR2004 - namespaces/<name>/<resource>
        rest = rest[2:]
    return "/".join([rest[0], *rest[2:3]])


def _trace(count: Callable[[str, str, str, float], None]) -> aiohttp.TraceConfig:
    trace = aiohttp.TraceConfig()

    async def start(_: aiohttp.ClientSession, context: SimpleNamespace, __: aiohttp.TraceRequestStartParams) -> None:
        context.start = asyncio.get_running_loop().time()

    def ended(context: SimpleNamespace, method: str, path: str, code: str) -> None:
        count(method, path, code, asyncio.get_running_loop().time() - context.start)

    async def end(_: aiohttp.ClientSession, context: SimpleNamespace, request: aiohttp.TraceRequestEndParams) -> None:
        ended(context, request.method, request.url.path, str(request.response.status))

    async def fail(
        _: aiohttp.ClientSession, context: SimpleNamespace, request: aiohttp.TraceRequestExceptionParams
    ) -> None:
        ended(context, request.method, request.url.path, _NO_ANSWER)

    trace.on_request_start.append(start)
    trace.on_request_end.append(end)
    trace.on_request_exception.append(fail)
    return trace
