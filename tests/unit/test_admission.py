"""The validating webhook: what it lets through, what it refuses, and that nothing makes it stumble."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdep.admission.review import review
from sdep.settings import OperatorSettings
from tests.clock import on_the_clock

SETTINGS = OperatorSettings(runtime_image="r")
STRICT = OperatorSettings(runtime_image="r", traffic_policy="strict")
GOOD: dict[str, Any] = {
    "apiVersion": "machinelearning.seldon.io/v1",
    "kind": "SeldonDeployment",
    "metadata": {"name": "prices", "namespace": "data"},
    "spec": {"predictors": [{"name": "main", "graph": {"name": "m", "modelUri": "models:/price@live"}}]},
}


def changed(path: str, value: object, body: dict[str, Any] = GOOD) -> dict[str, Any]:
    """A copy with one value set, by a path such as `spec.predictors.0.name`."""
    made = copy.deepcopy(body)
    *steps, last = path.split(".")
    at: Any = made
    for step in steps:
        at = at[int(step)] if isinstance(at, list) else at.setdefault(step, {})
    at[int(last) if isinstance(at, list) else last] = value
    return made


NAMELESS = changed("spec.predictors.0.name", "Not A Label")
EMPTY = changed("spec.predictors", [])
UNREADABLE = changed("spec.predictors.0.replicas", "many")


def asked(new: object, old: object = None, **more: object) -> dict[str, Any]:
    request = {"uid": "u1", "operation": "UPDATE" if old else "CREATE", "object": new, "oldObject": old}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {**request, **more}}


def answer(new: object, old: object = None, given: OperatorSettings = SETTINGS, **more: object) -> dict[str, Any]:
    found = review(asked(new, old, **more), given)
    assert (found["apiVersion"], found["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    assert found["response"]["uid"] == "u1"
    response: dict[str, Any] = found["response"]
    return response


def test_a_good_manifest_is_let_through() -> None:
    assert answer(GOOD)["allowed"] is True


@pytest.mark.parametrize(
    ("bad", "field"),
    [(NAMELESS, "spec.predictors[0].name"), (EMPTY, "spec.predictors"), (UNREADABLE, "spec.predictors[0].replicas")],
)
def test_a_broken_rule_is_refused_with_422_and_the_field_is_named(bad: dict[str, Any], field: str) -> None:
    response = answer(bad)
    assert response["allowed"] is False
    assert response["status"]["code"] == 422
    assert response["status"]["reason"] == "Invalid"
    assert f"{field}: " in response["status"]["message"]
    assert '"prices"' in response["status"]["message"]
    assert field in {cause["field"] for cause in response["status"]["details"]["causes"]}


def test_every_fault_of_a_manifest_is_said_at_once() -> None:
    message = answer(changed("spec.replicas", "few", UNREADABLE))["status"]["message"]
    assert "spec.predictors[0].replicas: " in message
    assert "spec.replicas: " in message


def test_what_is_legal_but_unwise_is_a_short_warning() -> None:
    response = answer(changed("spec.serverType", "kafka"))
    assert response["allowed"] is True
    assert any("spec.serverType" in warning for warning in response["warnings"])
    assert all(len(warning) <= 120 for warning in response["warnings"])


def test_weights_are_refused_by_the_strict_policy_alone() -> None:
    two = changed("spec.predictors.0.traffic", 70)
    two["spec"]["predictors"].append({**copy.deepcopy(GOOD["spec"]["predictors"][0]), "name": "canary", "traffic": 20})
    assert answer(two)["allowed"] is True
    refused = answer(two, given=STRICT)
    assert refused["allowed"] is False
    assert "Traffic must sum to 100" in refused["status"]["message"]


@pytest.mark.parametrize("bad", [NAMELESS, EMPTY, UNREADABLE])
def test_an_update_that_does_not_make_an_invalid_object_worse_gets_through_and_says_what_is_wrong(
    bad: dict[str, Any],
) -> None:
    response = answer(changed("metadata.labels", {"team": "a"}, bad), bad)
    assert response["allowed"] is True
    assert response["warnings"]


def test_an_update_that_breaks_another_rule_of_an_invalid_object_is_refused() -> None:
    worse = copy.deepcopy(NAMELESS)
    worse["spec"]["predictors"].append(copy.deepcopy(worse["spec"]["predictors"][0]))
    assert answer(worse, NAMELESS)["allowed"] is False


def test_an_update_that_breaks_a_good_object_is_refused() -> None:
    assert answer(EMPTY, GOOD)["allowed"] is False


def test_an_object_that_is_being_deleted_may_be_changed_in_any_way() -> None:
    assert answer(changed("metadata.deletionTimestamp", "2030-01-01T00:00:00Z", EMPTY), GOOD)["allowed"] is True


@pytest.mark.parametrize("more", [{"operation": "DELETE"}, {"operation": "CONNECT"}, {"subResource": "status"}])
def test_deletions_and_subresources_are_none_of_our_business(more: dict[str, Any]) -> None:
    assert answer(EMPTY, GOOD, **more)["allowed"] is True


def test_a_name_that_is_still_to_be_made_breaks_no_rule() -> None:
    nameless = copy.deepcopy(GOOD)
    nameless["metadata"] = {"generateName": "prices-", "namespace": "data"}
    assert answer(nameless)["allowed"] is True


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
_PATHS = [
    *("metadata", "metadata.name", "metadata.labels", "metadata.annotations", "metadata.namespace"),
    *("spec", "spec.predictors", "spec.predictors.0", "spec.predictors.0.name", "spec.predictors.0.graph"),
    *("spec.predictors.0.graph.children", "spec.predictors.0.graph.modelUri", "spec.predictors.0.componentSpecs"),
    *("spec.predictors.0.graph.parameters", "spec.predictors.0.graph.endpoint", "spec.predictors.0.explainer"),
    *(
        "spec.predictors.0.annotations",
        "spec.predictors.0.traffic",
        "spec.predictors.0.svcOrchSpec",
        "spec.annotations",
    ),
]


def well_formed(found: dict[str, Any]) -> bool:
    response = found["response"]
    json.dumps(found)
    return isinstance(response["allowed"], bool) and isinstance(response["uid"], str)


@given(_JSON)
def test_any_json_gets_a_well_formed_answer(body: object) -> None:
    assert well_formed(review(body, SETTINGS))
    assert well_formed(review({"request": body}, SETTINGS))
    assert well_formed(review(asked(body), SETTINGS))


@given(st.sampled_from(_PATHS), _JSON)
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=300)
def test_rubbish_at_any_place_of_a_manifest_is_judged_without_a_stumble(path: str, value: object) -> None:
    found = review(asked(changed(path, value)), SETTINGS)
    assert well_formed(found)
    assert not any("could not be checked" in warning for warning in found["response"].get("warnings", ()))


def test_a_graph_of_a_thousand_levels_is_answered() -> None:
    graph: dict[str, Any] = {"name": "leaf", "modelUri": "models:/price@live"}
    for number in range(1000):
        graph = {"name": f"n{number}", "type": "ROUTER", "children": [graph]}
    assert well_formed(review(asked(changed("spec.predictors.0.graph", graph)), SETTINGS))


@on_the_clock
def test_a_review_takes_milliseconds() -> None:
    many = changed("spec.predictors", [{**GOOD["spec"]["predictors"][0], "name": f"p{number}"} for number in range(10)])
    review(asked(many), SETTINGS)
    start = time.perf_counter()
    for _ in range(20):
        review(asked(many, GOOD), SETTINGS)
    assert (time.perf_counter() - start) / 20 < 0.02
