"""What the page is told of the store."""

from __future__ import annotations

import pytest

from sdep.errors import InvalidError
from sdep.operator.page.gathering import gathered
from sdep.operator.page.views import Detail, detail, line
from sdep.operator.store import Store
from tests.unit.page.cluster import NAMESPACE, STARTED, canary, deployment, filled, pod, sdep


def of(store: Store, name: str) -> Detail:
    found = gathered(store, (NAMESPACE, name))
    assert found
    return detail(found, (), STARTED)


def test_a_line_has_the_columns_of_kubectl_and_the_phase_of_the_rollout() -> None:
    said = line(canary())
    assert (said.namespace, said.name, said.state, said.ready) == ("models", "prices", "Available", True)
    assert (said.pods, said.traffic, said.models, said.rollout) == (
        "2/2",
        "main 75, canary 25",
        "price/1, price/2",
        "Progressing",
    )


def test_what_nobody_has_looked_at_yet_has_a_line_too() -> None:
    body = sdep("new", [{"name": "main"}], {})
    del body["status"]
    assert (line(body).state, line(body).ready) == ("Unknown", False)


def test_pods_are_found_although_the_operator_watches_no_replica_sets() -> None:
    main, on_trial = of(filled(), "prices").view.predictors
    assert [each.name for each in main.deployments[0].pods] == ["prices-main-0-price-5d4-x2z"]
    (only,) = on_trial.deployments[0].pods
    assert (only.ready, only.ready_containers, only.containers) == (True, 1, 1)


def test_the_graph_is_the_one_that_is_served_with_its_defaults() -> None:
    graph = of(filled(), "ensemble").graphs["default"]
    assert (graph.name, graph.type, graph.implementation) == ("average", "COMBINER", "AVERAGE_COMBINER")
    assert [(child.name, child.type, child.implementation) for child in graph.children][:2] == [
        ("forest", "MODEL", "MLFLOW_SERVER"),
        ("boosting", "MODEL", "MLFLOW_SERVER"),
    ]


def test_a_canary_that_the_operator_made_has_the_graph_of_its_stable_predictor() -> None:
    store, body = filled(), canary(version=2)
    body["spec"]["predictors"].pop()
    store.put_sdep(body)
    graphs = of(store, "prices").graphs
    assert graphs["canary"] == graphs["main"]


def test_steps_decisions_and_models_have_their_history() -> None:
    told = of(filled(), "prices")
    assert [step.weight for step in told.steps] == [5, 25, 50]
    assert [decided.what for decided in told.decisions] == ["step 1 of 3 passed", "trial of canary (abc) began"]
    assert [[entry.version for entry in unit.entries] for unit in told.models] == [["1", "0"], ["2"]]
    made = told.models[0].entries[0].origin
    assert made
    assert made.commit == "1a2b3c4d5e6f7081"


def test_what_is_not_ready_is_explained_down_to_the_container() -> None:
    said = of(filled(), "volumes").explanation
    assert [link.kind for link in said.chain] == ["SeldonDeployment", "condition", "Deployment", "Pod", "container"]
    assert said.advice


def test_a_manifest_that_cannot_be_read_is_shown_without_its_graph() -> None:
    store, body = filled(), canary(version=2)
    body["spec"]["predictors"][0]["graph"] = {"name": 7}
    store.put_sdep(body)
    told = of(store, "prices")
    assert (told.graphs, told.steps) == ({}, [])
    assert told.view.name == "prices"


def test_a_rollout_annotation_that_cannot_be_read_takes_nothing_else_away() -> None:
    store, body = filled(), canary(version=2)
    del body["spec"]["rollout"]
    body["metadata"]["annotations"] = {"sdep.io/rollout": "steps: 7"}
    store.put_sdep(body)
    told = of(store, "prices")
    assert (told.steps, bool(told.graphs)) == ([], True)


def test_a_status_of_somebody_else_is_refused_by_name() -> None:
    store, body = filled(), canary(version=2)
    body["status"]["rollout"] = {"phase": "Sideways"}
    store.put_sdep(body)
    with pytest.raises(InvalidError, match=r"status\.rollout can not be read"):
        of(store, "prices")


def test_a_pod_of_a_separate_engine_is_found_by_its_services_name() -> None:
    store = Store()
    store.put_sdep(canary())
    engine = deployment("prices", "main", "svc-orch")
    service = {**deployment("prices", "main", "x"), "kind": "Service", "apiVersion": "v1"}
    service["metadata"] = {**service["metadata"], "name": "prices-main"}
    of_engine = pod("prices", "main", "svc-orch")
    of_engine["metadata"]["labels"]["seldon-deployment-id"] = "prices-main"
    store.put_child(engine)
    store.put_child(service)
    store.put_pod(of_engine)
    main = of(store, "prices").view.predictors[0]
    assert [each.name for each in main.deployments[0].pods] == ["prices-main-0-svc-orch-5d4-x2z"]
