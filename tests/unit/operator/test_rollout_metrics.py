"""What the operator's gauges say of a rollout: its place and its findings, while it has them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from sdep.operator import metrics
from sdep.operator.rollout_metrics import MOST_FINDINGS
from sdep.operator.store import Store
from tests.unit.operator.test_health import health, sdep, series

GAUGES = {name: gauge for name, gauge in vars(metrics).items() if name.startswith("ROLLOUT_") and "DECI" not in name}
LATENCY = {
    "metric": "latency",
    "verdict": "Inconclusive",
    "samples": 50,
    "stableSamples": 950,
    "estimate": 12.5,
    "low": -3.0,
    "high": 40.0,
    "threshold": 25.0,
}
PLACE = {"canary": "canary", "stable": "main", "revision": "r", "step": 1, "steps": 3, "weight": 25}


def told(
    store: Store, phase: str = "Progressing", *findings: dict[str, Any], **more: object
) -> dict[str, dict[str, float]]:
    """Every gauge of rollouts that has series, by what it is called, once a status says so."""
    store.put_sdep(sdep("prices", rollout={**PLACE, "phase": phase, "findings": list(findings), **more}))
    return measured(store)


def measured(store: Store) -> dict[str, dict[str, float]]:
    health(store).measure()
    return {name: found for name, gauge in GAUGES.items() if (found := series(gauge))}


def phases(now: str) -> dict[str, float]:
    return {f"n/prices/canary/{phase}": phase == now for phase in ("Progressing", "Paused", "Promoted", "RolledBack")}


async def test_a_rollout_says_its_place_and_what_its_evidence_says() -> None:
    canary, latency = "n/prices/canary", "n/prices/canary/latency"
    verdicts = dict.fromkeys(("Pass", "Fail", "Inconclusive", "NoData"), 0) | {"Inconclusive": 1}
    assert told(Store(), "Progressing", LATENCY) == {
        "ROLLOUT_PHASE": phases("Progressing"),
        "ROLLOUT_STEP": {canary: 2},
        "ROLLOUT_STEPS": {canary: 3},
        "ROLLOUT_WEIGHT": {canary: 25},
        "ROLLOUT_MIRROR": {canary: 0},
        "ROLLOUT_FINDING": {
            f"{latency}/estimate": 12.5,
            f"{latency}/low": -3,
            f"{latency}/high": 40,
            f"{latency}/threshold": 25,
        },
        "ROLLOUT_SAMPLES": {f"{latency}/canary": 50, f"{latency}/stable": 950},
        "ROLLOUT_VERDICT": {f"{latency}/false/{verdict}": value for verdict, value in verdicts.items()},
    }


async def test_a_step_that_mirrors_says_so() -> None:
    found = told(Store(), weight=0, mirror=50, step=0)
    assert found["ROLLOUT_WEIGHT"] == {"n/prices/canary": 0}
    assert found["ROLLOUT_MIRROR"] == {"n/prices/canary": 50}
    assert found["ROLLOUT_STEP"] == {"n/prices/canary": 1}


@pytest.mark.parametrize("nothing", [None, math.inf, -math.inf, math.nan])
async def test_a_bound_that_nobody_knows_has_no_series(nothing: float | None) -> None:
    found = told(Store(), "Progressing", {**LATENCY, "high": nothing})
    assert set(found["ROLLOUT_FINDING"]) == {f"n/prices/canary/latency/{b}" for b in ("estimate", "low", "threshold")}


async def test_a_finding_that_is_gone_in_the_next_step_has_no_series() -> None:
    store = Store()
    told(store, "Progressing", LATENCY)
    assert "ROLLOUT_FINDING" not in told(store, "Progressing", step=2)


async def test_a_dry_run_is_told_from_what_decides() -> None:
    found = told(Store(), "Progressing", {**LATENCY, "verdict": "Fail", "dryRun": True})
    assert found["ROLLOUT_VERDICT"]["n/prices/canary/latency/true/Fail"] == 1


async def test_a_rollout_that_was_turned_back_goes_on_saying_where_and_why() -> None:
    found = told(Store(), "RolledBack", {**LATENCY, "verdict": "Fail"}, weight=0)
    assert found["ROLLOUT_PHASE"] == phases("RolledBack")
    assert found["ROLLOUT_STEP"] == {"n/prices/canary": 2}
    assert found["ROLLOUT_WEIGHT"] == {"n/prices/canary": 0}
    assert found["ROLLOUT_VERDICT"]["n/prices/canary/latency/false/Fail"] == 1


async def test_of_a_canary_that_was_promoted_the_phase_alone_is_left() -> None:
    store = Store()
    told(store, "Progressing", LATENCY)
    assert told(store, "Promoted", LATENCY) == {"ROLLOUT_PHASE": phases("Promoted")}


async def test_nothing_is_left_of_a_rollout_or_an_object_that_is_no_more() -> None:
    store = Store()
    told(store, "Progressing", LATENCY)
    store.put_sdep(sdep("prices", state="Available"))
    assert measured(store) == {}
    told(store, "Progressing", LATENCY)
    store.drop_sdep(sdep("prices"))
    assert measured(store) == {}


async def test_a_rollout_with_any_number_of_queries_has_few_series() -> None:
    found = told(Store(), "Progressing", *({**LATENCY, "metric": f"query-{number}"} for number in range(100)))
    assert len(found["ROLLOUT_SAMPLES"]) == 2 * MOST_FINDINGS
