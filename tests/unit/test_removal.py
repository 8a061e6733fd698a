"""Nothing goes that still answers for somebody."""

from __future__ import annotations

from typing import Any

from sdep.operator.removal import may_make_way, removable
from sdep.status.observation import DeploymentObservation, PredictorObservation


def deployment(name: str, predictor: str) -> dict[str, Any]:
    container = {"name": "c", "env": [{"name": "PREDICTOR_ID", "value": predictor}]}
    template = {"metadata": {"labels": {"seldon-app": f"prices-{predictor}"}}, "spec": {"containers": [container]}}
    return {"kind": "Deployment", "metadata": {"name": name}, "spec": {"template": template}}


def service(name: str, predictor: str) -> dict[str, Any]:
    return {"kind": "Service", "metadata": {"name": name, "labels": {"seldon-app": f"prices-{predictor}"}}}


def seen(predictor: str, *, rolled_out: bool) -> PredictorObservation:
    return PredictorObservation(predictor, (DeploymentObservation("d", 1, rolled_out=rolled_out),))


OLD = [deployment("prices-main-0-old", "main"), service("prices-main-old", "main")]


def test_the_pods_and_services_that_a_predictor_leaves_wait_for_its_new_pods() -> None:
    assert removable(OLD, [seen("main", rolled_out=False)]) == []
    assert removable(OLD, [seen("main", rolled_out=True)]) == OLD


def test_a_predictor_that_was_removed_waits_for_nobody() -> None:
    gone = [deployment("prices-canary-0-m", "canary"), service("prices-canary", "canary")]
    assert removable([*OLD, *gone], [seen("main", rolled_out=False)]) == gone


def test_a_deployment_makes_way_once_another_entry_answers_and_a_broken_entry_at_once() -> None:
    def predictor(available: int) -> PredictorObservation:
        entry = DeploymentObservation("engine", 1, available=available)
        return PredictorObservation("main", (entry, DeploymentObservation("unit", 1)))

    assert may_make_way([predictor(0)]) == {"engine"}
    assert may_make_way([predictor(1)]) == {"engine", "unit"}
