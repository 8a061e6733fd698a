"""What the statuses say of shadows, as metrics: they begin anew where a comparison does, and are as right after a restart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sdep.operator.metrics import (
    SHADOW_AGREEMENT,
    SHADOW_DELTA,
    SHADOW_FLIPS,
    SHADOW_P_VALUE,
    SHADOW_PAIRS,
    SHADOW_SLOWER,
    SHADOW_UNPAIRED,
)

_QUANTILES = {"p05": "0.05", "p50": "0.5", "p95": "0.95", "p99": "0.99"}


def measure_shadows(sdeps: Iterable[Mapping[str, Any]]) -> None:
    """As each status says; a shadow that is no more has no series."""
    for counter in (SHADOW_PAIRS, SHADOW_UNPAIRED):
        counter.clear()
    for gauge in (SHADOW_AGREEMENT, SHADOW_DELTA, SHADOW_SLOWER, SHADOW_FLIPS, SHADOW_P_VALUE):
        gauge.clear()
    for body in sdeps:
        for found in (body.get("status") or {}).get("comparisons") or ():
            _measure((body["metadata"]["namespace"], body["metadata"]["name"], found["shadow"]), found)


def _measure(shadow: tuple[str, str, str], found: Mapping[str, Any]) -> None:
    for outcome, count in _outcomes(found).items():
        SHADOW_PAIRS.labels(*shadow, outcome).inc(count)
    for side, alone in (("live", "liveOnly"), ("shadow", "shadowOnly")):
        SHADOW_UNPAIRED.labels(*shadow, side).inc(found.get(alone, 0))
    for bound, share in (found.get("agreement") or {}).items():
        SHADOW_AGREEMENT.labels(*shadow, bound).set(share)
    for gauge, field in ((SHADOW_DELTA, "delta"), (SHADOW_SLOWER, "slower")):
        for name, value in (found.get(field) or {}).items():
            if name in _QUANTILES:
                gauge.labels(*shadow, _QUANTILES[name]).set(value)
    _measure_named(shadow, found)


def _measure_named(shadow: tuple[str, str, str], found: Mapping[str, Any]) -> None:
    """Flips by their labels, of which a status names the most frequent alone, and tests by what they measure."""
    for flip in found.get("flips") or ():
        SHADOW_FLIPS.labels(*shadow, flip["live"], flip["shadow"]).set(flip["rows"])
    for test in found.get("tests") or ():
        SHADOW_P_VALUE.labels(*shadow, test["measure"]).set(test["pValue"])


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
