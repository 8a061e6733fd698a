"""What a canary's graph breaks for callers of the stable one, by what the engines of both tell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sdep.api.graph import Unit
from sdep.api.status import Pin
from sdep.contract import INPUT_EXAMPLE_FAILED
from sdep.rollout.analysis.inputs import break_between, serves
from sdep.rollout.metadata import GraphMetadata

OIL = {"name": "oil", "type": "long", "required": True}
NOTE = {"name": "note", "type": "string", "required": False}
MODEL = Unit(name="price", type="MODEL")


def unit(*columns: dict[str, Any], name: str = "price") -> dict[str, Any]:
    """What the runtime tells of a model with these inputs."""
    coarse = [{"name": column.get("name", ""), "datatype": "BYTES", "shape": [-1]} for column in columns]
    custom = {"custom": {"signature": json.dumps(columns)}} if columns else {}
    return {"name": name, "versions": [], "inputs": coarse, **custom}


def describing(name: str, model: str, *columns: dict[str, Any], failed: str = "") -> GraphMetadata:
    said = unit(*columns, name=model)
    custom = {**said.get("custom", {}), **({INPUT_EXAMPLE_FAILED: failed} if failed else {})}
    return graph(**{name: {**said, "custom": custom}})


def graph(**units: dict[str, Any]) -> GraphMetadata:
    return GraphMetadata.model_validate({"models": units})


def between(stable: GraphMetadata, canary: GraphMetadata) -> str:
    return break_between((MODEL, stable), (MODEL, canary))


def test_a_column_that_went_or_changed_its_type_is_named() -> None:
    changed = between(graph(price=unit(OIL, NOTE)), graph(price=unit({**OIL, "type": "double"})))
    assert changed == "input oil was long and is double; input note was removed"
    assert between(graph(price=unit(OIL)), graph(price=unit(OIL, NOTE))) == ""
    assert between(graph(price=unit(OIL)), graph(price=unit(OIL, {**NOTE, "required": True}))) == (
        "input note is new and required"
    )


def test_tensors_and_what_is_in_arrays_are_compared_too() -> None:
    def tensor(*shape: int) -> dict[str, Any]:
        return {"name": "", "type": "tensor", "tensor-spec": {"dtype": "float64", "shape": list(shape)}}

    def array(kind: str) -> dict[str, Any]:
        return {"name": "tags", "type": "array", "items": {"type": kind}, "required": True}

    assert between(graph(price=unit(tensor(-1, 3))), graph(price=unit(tensor(-1, 4)))) == (
        "input 0 was float64 [-1, 3] and is float64 [-1, 4]"
    )
    assert "input tags was array" in between(graph(price=unit(array("string"))), graph(price=unit(array("long"))))


@pytest.mark.parametrize(
    ("stable", "canary"),
    [
        (graph(price=unit()), graph(price=unit(OIL))),
        (graph(price=unit(OIL)), graph(price=unit())),
        (graph(price=unit(OIL)), GraphMetadata()),
        (graph(price=unit(OIL)), graph(price={"inputs": [{"name": "oil", "datatype": "INT32", "shape": []}]})),
        (
            graph(price={"inputs": [{"messagetype": "tensor", "schema": {}}]}),
            graph(price={"inputs": [{"messagetype": "json", "schema": {}}]}),
        ),
        (graph(price=unit(OIL)), graph(price={"custom": {"signature": "rubbish"}})),
    ],
)
def test_where_a_graph_says_no_inputs_or_says_them_in_other_words_nothing_is_known_to_break(
    stable: GraphMetadata, canary: GraphMetadata
) -> None:
    assert between(stable, canary) == ""


def test_containers_that_describe_their_tensors_are_compared_by_these() -> None:
    def said(name: str) -> GraphMetadata:
        return graph(price={"inputs": [{"name": name, "datatype": "FP64", "shape": [2]}]})

    assert between(said("a"), said("a")) == ""
    assert "input a was removed" in between(said("a"), said("b"))


def test_routers_and_combiners_take_what_all_their_children_take_whatever_those_are_called() -> None:
    children = [Unit(name="one", type="MODEL"), Unit(name="two", type="MODEL")]
    ensemble = Unit(name="mean", type="COMBINER", children=children)
    told = graph(one=unit(OIL), two=unit(OIL))
    assert break_between((MODEL, graph(price=unit(OIL))), (ensemble, told)) == ""
    retyped = graph(one=unit(OIL), two=unit({**OIL, "type": "double"}))
    assert break_between((ensemble, told), (ensemble, retyped)) == "input oil was long and is double and long"


def test_a_transformer_that_says_its_inputs_hides_those_of_its_model() -> None:
    chain = Unit(name="scale", type="TRANSFORMER", children=[MODEL])
    told = graph(scale=unit(OIL), price=unit({**OIL, "type": "double"}))
    assert break_between((chain, graph(scale=unit(OIL), price=unit(OIL))), (chain, told)) == ""
    silent = graph(scale=unit(), price=unit(OIL))
    assert break_between((MODEL, graph(price=unit(OIL))), (chain, silent)) == ""


def test_an_engine_serves_what_its_units_are_pinned_to_or_says_otherwise() -> None:
    def pin(**more: str) -> dict[str, Pin]:
        return {"price": Pin(predictor="main", unit="price", uri="s3://m/1", artifact_uri="s3://m/1", **more)}

    assert serves(describing("price", "s3://m/1", OIL), pin())
    assert not serves(describing("price", "s3://m/2", OIL), pin())
    named = {**unit(OIL, name="price_model"), "versions": ["3"]}
    assert serves(graph(price=named), pin(name="price_model", version="3"))
    assert not serves(graph(price=named), pin(name="price_model", version="4"))
    assert serves(graph(price={"name": "tensorflow"}), pin())
