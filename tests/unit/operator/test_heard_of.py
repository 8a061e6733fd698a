"""After an outage of the API server gateways may not have heard of a new predictor: its share waits until they have."""

from __future__ import annotations

from typing import Any

from sdep.operator.decision import Trials, decide
from tests.unit.operator.test_former import NOTHING, Cluster, sdep

CANARY: dict[str, Any] = {"name": "canary", "traffic": 30, "graph": {"name": "model", "implementation": "SIMPLE_MODEL"}}


def weights(heard_of: set[str] | None) -> tuple[dict[str, int], dict[str, int]]:
    """What is asked for and what is routed, with both predictors ready to answer."""
    cluster, given = Cluster("istio"), sdep("", CANARY)
    cluster.make(cluster.decide(given), available=1)
    decision = decide(cluster.look(given), NOTHING, Trials(), heard_of)
    return decision.asked.live, decision.plan.weights.live


def test_a_new_predictor_gets_its_share_when_gateways_have_heard_of_it() -> None:
    asked = {"main": 70, "canary": 30}
    assert weights({"main"}) == (asked, {"main": 100, "canary": 0})
    assert weights({"main", "canary"}) == (asked, asked)
    assert weights(None) == (asked, asked)


def test_where_nobody_was_routed_to_nobody_waits() -> None:
    assert weights(set()) == ({"main": 70, "canary": 30}, {"main": 70, "canary": 30})
