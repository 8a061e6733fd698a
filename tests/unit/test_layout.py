"""Which pods a predictor becomes, and which ports its containers have."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import SeldonDeployment, parse
from sdep.layout.place import Layout, lay_out
from sdep.layout.ports import Ports, allocate
from sdep.settings import OperatorSettings

SETTINGS = OperatorSettings(runtime_image="r")


def read(*predictors: dict[str, Any], **annotations: str) -> SeldonDeployment:
    return with_defaults(
        parse(
            {
                "apiVersion": "machinelearning.seldon.io/v1",
                "kind": "SeldonDeployment",
                "metadata": {"name": "prices", "namespace": "data"},
                "spec": {
                    "annotations": {
                        f"seldon.io/{name.replace('_', '-')}": value for name, value in annotations.items()
                    },
                    "predictors": list(predictors),
                },
            }
        )
    )


def component(*containers: str, image: str = "i") -> dict[str, Any]:
    return {"spec": {"containers": [{"name": name, **({"image": image} if image else {})} for name in containers]}}


def model(name: str, *children: dict[str, Any], uri: str = "s3://m") -> dict[str, Any]:
    return {"name": name, "implementation": "SKLEARN_SERVER", "modelUri": uri, "children": list(children)}


def layout(sdep: SeldonDeployment, number: int = 0) -> Layout:
    return lay_out(sdep, sdep.spec.predictors[number], SETTINGS, allocate(sdep, {}))


def places(found: Layout) -> dict[str, str]:
    return {container.name: container.place for pod in found.pods for container in pod.containers}


def test_prepackaged_units_share_the_engines_process() -> None:
    found = layout(read({"name": "a", "graph": model("m", model("n"))}))
    assert len(found.pods) == 1
    assert places(found) == {"m": "engine", "n": "engine"}


def test_a_container_without_image_lends_its_unit_what_it_asks_for_and_stays_in_the_process() -> None:
    found = layout(read({"name": "a", "graph": model("m"), "componentSpecs": [component("m", image="")]}))
    assert places(found) == {"m": "engine"}


def test_a_prepackaged_unit_with_an_image_of_its_own_is_a_container() -> None:
    found = layout(read({"name": "a", "graph": model("m"), "componentSpecs": [component("m")]}))
    assert places(found) == {"m": "container"}


def test_a_prepackaged_unit_in_another_pod_has_a_runtime_of_its_own() -> None:
    graph = {"name": "t", "type": "TRANSFORMER", "children": [model("m")]}
    found = layout(read({"name": "a", "graph": graph, "componentSpecs": [component("t"), component("m", image="")]}))
    assert places(found) == {"t": "container", "m": "server"}
    assert [(pod.component, pod.has_engine) for pod in found.pods] == [(0, True), (1, False)]


def test_the_engine_lives_with_the_first_component_that_serves_a_unit() -> None:
    predictor = {"name": "a", "graph": {"name": "m"}, "componentSpecs": [component("beside"), component("m")]}
    found = layout(read(predictor))
    assert (found.entry.component, found.entry.has_engine) == (1, True)
    assert places(found) == {"m": "container", "beside": "beside"}


def test_a_separate_engine_has_a_pod_of_its_own_and_every_unit_a_server() -> None:
    found = layout(read({"name": "a", "graph": model("m")}, engine_separate_pod="True"))
    assert (found.entry.component, found.entry.has_engine, found.entry.containers) == (None, True, ())
    assert places(found) == {"m": "server"}


def test_without_an_engine_the_unit_itself_is_the_entry() -> None:
    predictor = {"name": "a", "annotations": {"seldon.io/no-engine": "true"}, "graph": model("m")}
    found = layout(read(predictor))
    assert not found.entry.has_engine
    assert [container.place for container in found.entry.containers] == ["server"]


def test_a_graph_of_built_in_units_needs_only_the_engine() -> None:
    found = layout(read({"name": "a", "graph": {"name": "m", "implementation": "SIMPLE_MODEL"}}))
    assert [(pod.has_engine, pod.containers) for pod in found.pods] == [(True, ())]


def test_ports_are_counted_as_v1_counted_them() -> None:
    """One count for all predictors; one number for one name; metrics ports count on for each container."""
    one = {"name": "a", "graph": {"name": "x"}, "componentSpecs": [component("x", "helper")]}
    two = {"name": "b", "graph": {"name": "x", "children": [{"name": "y"}]}, "componentSpecs": [component("x", "y")]}
    assert allocate(read(one, two), {}) == {
        ("a", "x"): Ports(9000, 9500, 6000),
        ("a", "helper"): Ports(9001, 9501, 0),
        ("b", "x"): Ports(9000, 9500, 6001),
        ("b", "y"): Ports(9002, 9502, 6002),
    }


def test_a_predictor_keeps_its_ports_when_the_one_before_it_goes() -> None:
    """v1 renumbers the canary when main is removed, and so restarts what was just promoted."""
    main = {"name": "main", "graph": {"name": "old"}, "componentSpecs": [component("old")]}
    canary = {"name": "canary", "graph": {"name": "new"}, "componentSpecs": [component("new")]}
    before = allocate(read(main, canary), {})
    assert allocate(read(canary), before)["canary", "new"] == before["canary", "new"]


def test_a_port_that_the_manifest_names_is_the_one() -> None:
    spec = {"containers": [{"name": "x", "image": "i", "ports": [{"name": "http", "containerPort": 7000}]}]}
    found = allocate(read({"name": "a", "graph": {"name": "x"}, "componentSpecs": [{"spec": spec}]}), {})
    assert found["a", "x"].http == 7000


@given(
    st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5, unique=True),
    st.dictionaries(st.sampled_from("abcdef"), st.integers(9000, 9004), max_size=6),
)
def test_no_two_containers_of_a_pod_share_a_port_whatever_was_in_use(names: list[str], known: dict[str, int]) -> None:
    predictor = {"name": "p", "graph": {"name": names[0]}, "componentSpecs": [component(*names)]}
    in_use = {("p", name): Ports(port, port + 500, port - 3000) for name, port in known.items()}
    found = allocate(read(predictor), in_use)
    numbers = [port for ports in found.values() for port in (ports.http, ports.grpc, ports.metrics) if port]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("annotation", ["true", "TRUE"])
def test_the_engine_is_told_where_units_of_other_pods_are(annotation: str) -> None:
    found = layout(read({"name": "a", "graph": model("m")}, engine_separate_pod=annotation))
    assert found.engine == "separate"
