"""Where all predictors are replaced by others, requests go to the old ones until one of the new can answer."""

from __future__ import annotations

from typing import Any

import pytest

from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.operator.applying import must_hold
from sdep.operator.decision import unrouted
from tests.unit.operator.test_former import UID, Cluster, sdep


def renamed(**more: object) -> SeldonDeployment:
    given = sdep()
    (main,) = given.spec.predictors
    spec = given.spec.model_copy(update={"predictors": [main.model_copy(update={"name": "other", **more})]})
    return with_defaults(given.model_copy(update={"spec": spec}))


def holds(cluster: Cluster, given: SeldonDeployment) -> bool:
    return must_hold(cluster.decide(given), cluster.store.children(given.key), UID)


@pytest.fixture(params=["istio", "gateway-api"])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    return Cluster(request.param)


def test_routes_stay_until_who_they_name_can_answer(cluster: Cluster) -> None:
    cluster.make(cluster.decide(sdep()), available=1)
    assert holds(cluster, renamed())
    made = cluster.decide(renamed())
    assert unrouted(made).plan.weights.live == {"other": 0}
    cluster.make(made, available=1)
    assert not holds(cluster, renamed())


def test_the_first_routes_wait_for_nobody(cluster: Cluster) -> None:
    assert not holds(cluster, sdep())


def test_routes_that_do_not_change_are_not_held_whoever_fails(cluster: Cluster) -> None:
    cluster.make(cluster.decide(sdep()), available=1)
    cluster.make(cluster.decide(sdep()), available=0)
    assert not holds(cluster, sdep())


def test_who_asks_for_no_pods_waits_for_none(cluster: Cluster) -> None:
    cluster.make(cluster.decide(sdep()), available=1)
    assert not holds(cluster, renamed(replicas=0))


def test_a_share_goes_over_at_once_where_somebody_can_answer(cluster: Cluster) -> None:
    other: dict[str, Any] = {"name": "bee", "traffic": 40, "graph": {"name": "model", "implementation": "SIMPLE_MODEL"}}
    cluster.make(cluster.decide(sdep()), available=1)
    assert not holds(cluster, sdep("", other))
