"""Manifests are read, completed and judged."""

from __future__ import annotations

from typing import Any

import pytest

from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import SeldonDeployment, parse
from sdep.api.validation import problems
from sdep.errors import InvalidError


def manifest(*predictors: dict[str, Any], **spec: object) -> dict[str, Any]:
    return {
        "apiVersion": "machinelearning.seldon.io/v1",
        "kind": "SeldonDeployment",
        "metadata": {"name": "prices", "namespace": "data"},
        "spec": {"predictors": list(predictors), **spec},
    }


def read(*predictors: dict[str, Any], **spec: object) -> SeldonDeployment:
    return with_defaults(parse(manifest(*predictors, **spec)))


def errors(sdep: SeldonDeployment) -> list[str]:
    return [str(problem) for problem in problems(sdep) if problem.severity == "error"]


def test_a_graph_may_give_only_a_registry_uri() -> None:
    unit = read({"name": "default", "graph": {"modelUri": "models:/my_model/3"}}).spec.predictors[0].graph
    assert (unit.name, unit.implementation, unit.type) == ("my-model", "MLFLOW_SERVER", "MODEL")


@pytest.mark.parametrize(
    ("image", "implementation"), [({}, "MLFLOW_SERVER"), ({"image": "i"}, "UNKNOWN_IMPLEMENTATION")]
)
def test_a_registry_uri_says_what_a_unit_is_unless_an_image_does(image: dict[str, str], implementation: str) -> None:
    component = {"spec": {"containers": [{"name": "m", **image}]}}
    graph = {"name": "m", "modelUri": "models:/price/3"}
    sdep = read({"name": "default", "graph": graph, "componentSpecs": [component]})
    assert sdep.spec.predictors[0].graph.implementation == implementation


def test_nameless_siblings_get_names_of_their_own() -> None:
    children = [{"modelUri": "models:/price/1"}, {"modelUri": "models:/price/2"}]
    sdep = read({"name": "default", "graph": {"name": "c", "implementation": "AVERAGE_COMBINER", "children": children}})
    assert [unit.name for unit in sdep.spec.predictors[0].graph.walk()] == ["c", "price", "price-2"]


def test_a_built_in_written_as_a_type_is_understood() -> None:
    graph = {"name": "combiner", "type": "AVERAGE_COMBINER", "children": [{"modelUri": "models:/price/1"}]}
    unit = read({"name": "ensemble", "graph": graph}).spec.predictors[0].graph
    assert (unit.type, unit.implementation) == ("COMBINER", "AVERAGE_COMBINER")


def test_a_predictor_is_labelled_with_its_version_unless_it_says_otherwise() -> None:
    graph = {"modelUri": "models:/price/1"}
    sdep = read({"name": "a", "graph": graph}, {"name": "b", "graph": graph, "labels": {"version": "v7"}})
    assert [(predictor.labels or {})["version"] for predictor in sdep.spec.predictors] == ["a", "v7"]


def test_unknown_fields_survive_a_round_trip() -> None:
    given = manifest({"name": "a", "graph": {"modelUri": "s3://b/m", "endpoint": {"http_port": 9001}, "colour": "red"}})
    assert parse(given).to_manifest() == given


@pytest.mark.parametrize(
    ("predictor", "field"),
    [
        ({"name": "a", "graph": {}, "traffic": "50"}, "spec.predictors[0].traffic"),
        ({"name": "a"}, "spec.predictors[0].graph"),
        ({"name": "a", "graph": {"children": {"name": "x"}}}, "spec.predictors[0].graph.children"),
    ],
)
def test_a_malformed_manifest_is_refused_by_the_name_of_its_field(predictor: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidError) as refused:
        parse(manifest(predictor))
    assert field in refused.value.message


GRAPH = {"modelUri": "models:/price/1"}


@pytest.mark.parametrize(
    ("predictors", "said"),
    [
        ([], "Graph contains no predictors"),
        ([{"name": "a", "graph": GRAPH, "shadow": True}], "Shadow can not exist as only predictor"),
        ([{"name": "a", "graph": GRAPH}, {"name": "a", "graph": GRAPH}], "Duplicate predictor name"),
        ([{"name": "A_b", "graph": GRAPH}], "no DNS label"),
        ([{"name": "a", "graph": {"name": "m"}}], "Can't find container for Predictive Unit 'm'"),
        ([{"name": "a", "graph": {"name": "m", "implementation": "MLFLOW_SERVER"}}], "needs a modelUri"),
        (
            [{"name": "a", "graph": {"name": "m", "implementation": "FOO_SERVER", "modelUri": "s3://m"}}],
            "No entry in predictors map for FOO_SERVER",
        ),
    ],
)
def test_a_broken_rule_is_named_with_its_field(predictors: list[dict[str, Any]], said: str) -> None:
    found = errors(read(*predictors))
    assert len(found) == 1
    assert said in found[0]
    assert found[0].startswith("spec.predictors")


def test_what_has_no_effect_yet_is_a_warning_and_stops_nothing() -> None:
    sdep = read({"name": "a", "graph": GRAPH, "explainer": {"type": "AnchorText"}}, serverType="kafka")
    assert not errors(sdep)
    assert {problem.field for problem in problems(sdep)} == {"spec.serverType", "spec.predictors[0].explainer"}


@pytest.mark.parametrize(
    ("explainer", "field", "said"),
    [
        ({"type": "AnchorImages"}, "", "AnchorImages is none that is built in: use one of ALE, AnchorTabular,"),
        ({"type": "ALE", "modelUri": "models:/e/1"}, ".modelUri", "is looked up in no registry: write the run"),
        ({"type": "ALE", "endpoint": {"type": "GRPC"}}, ".endpoint.type", "asks its predictor over HTTP"),
        (
            {"type": "ALE", "containerSpec": {"name": "e", "image": "i"}, "reference": {"uri": "s3://d"}},
            ".reference",
            "reads none",
        ),
    ],
)
def test_what_is_wrong_with_an_explainer_is_said_of_its_field(explainer: dict[str, Any], field: str, said: str) -> None:
    """Its field is named, and what to write instead."""
    (found,) = problems(read({"name": "a", "graph": GRAPH, "explainer": explainer}))
    assert found.field == f"spec.predictors[0].explainer{field}"
    assert said in found.message


def test_an_explainer_that_the_runtime_does_needs_no_image() -> None:
    """Nothing is said of it, nor of one that an image of its own does."""
    for explainer in ({"type": "AnchorTabular"}, {"type": "AnchorText", "containerSpec": {"name": "e", "image": "i"}}):
        assert not problems(read({"name": "a", "graph": GRAPH, "explainer": explainer}))


def test_a_unit_may_not_have_the_explainers_service() -> None:
    """Both would be called by one name."""
    (found,) = errors(read({"name": "a", "graph": {**GRAPH, "name": "explainer"}, "explainer": {"type": "ALE"}}))
    assert "rename the unit" in found


@pytest.mark.parametrize("protocol", ["v2", "kfserving", "tensorflow"])
@pytest.mark.parametrize("implementation", ["MLFLOW_SERVER", "SKLEARN_SERVER", "XGBOOST_SERVER"])
def test_our_own_servers_speak_every_protocol(protocol: str, implementation: str) -> None:
    """Nothing is said of such a manifest."""
    graph = {"name": "m", "implementation": implementation, "modelUri": "models:/price/3"}
    assert not problems(read({"name": "default", "graph": graph}, protocol=protocol))


def test_what_a_protocol_cannot_ask_of_a_container_is_a_warning() -> None:
    component = {"spec": {"containers": [{"name": "m", "image": "i"}]}}
    graph = {"name": "m", "type": "ROUTER"}
    predictor = {"name": "default", "graph": graph, "componentSpecs": [component]}
    (problem,) = problems(read(predictor, protocol="tensorflow"))
    assert not problems(read(predictor, protocol="v2"))
    where = "spec.predictors[0].graph[m]"
    assert (problem.severity, problem.reason, problem.field) == ("warning", "Unsupported", where)
