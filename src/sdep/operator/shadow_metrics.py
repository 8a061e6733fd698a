"""What the statuses say of shadows, as metrics: they begin anew where a comparison does, and are as right after a restart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import Counter, Gauge, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]  # a counter that is told anew at each scrape would seem made anew

_SHADOW = ["namespace", "deployment_name", "predictor_name"]
PAIRS = Counter("sdep_shadow_pairs_total", "Requests that a shadow answered too, by outcome", [*_SHADOW, "outcome"])
UNPAIRED = Counter("sdep_shadow_unpaired_total", "Answers of one side that the other never gave", [*_SHADOW, "side"])
AGREEMENT = Gauge("sdep_shadow_agreement_ratio", "Share of the pairs of answers that agree", [*_SHADOW, "bound"])
DELTA = Gauge("sdep_shadow_prediction_delta", "Numbers of a shadow minus those of clients", [*_SHADOW, "quantile"])
SLOWER = Gauge("sdep_shadow_latency_delta_seconds", "Time of a shadow minus that of clients", [*_SHADOW, "quantile"])

_QUANTILES = {"p05": "0.05", "p50": "0.5", "p95": "0.95", "p99": "0.99"}


def measure_shadows(sdeps: Iterable[Mapping[str, Any]]) -> None:
    """As each status says; a shadow that is no more has no series."""
    for metric in (PAIRS, UNPAIRED, AGREEMENT, DELTA, SLOWER):
        metric.clear()
    for body in sdeps:
        for found in (body.get("status") or {}).get("comparisons") or ():
            _measure((body["metadata"]["namespace"], body["metadata"]["name"], found["shadow"]), found)


def _measure(shadow: tuple[str, str, str], found: Mapping[str, Any]) -> None:
    for outcome, count in _outcomes(found).items():
        PAIRS.labels(*shadow, outcome).inc(count)
    for side, alone in (("live", "liveOnly"), ("shadow", "shadowOnly")):
        UNPAIRED.labels(*shadow, side).inc(found.get(alone, 0))
    for bound, share in (found.get("agreement") or {}).items():
        AGREEMENT.labels(*shadow, bound).set(share)
    for gauge, field in ((DELTA, "delta"), (SLOWER, "slower")):
        for name, value in (found.get(field) or {}).items():
            if name in _QUANTILES:
                gauge.labels(*shadow, _QUANTILES[name]).set(value)


def _outcomes(found: Mapping[str, Any]) -> dict[str, int]:
    """Each pair once. `other` have nothing in them that can be compared."""
    pairs, compared, alike = (found.get(field, 0) for field in ("pairs", "compared", "alike"))
    failed = {
        "live_failed": found.get("liveFailed", 0),
        "shadow_failed": found.get("shadowFailed", 0),
        "both_failed": found.get("bothFailed", 0),
    }
    other = max(0, pairs - compared - sum(failed.values()))
    return {"agreed": alike, "differed": max(0, compared - alike), **failed, "other": other}
