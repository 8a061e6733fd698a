"""A held unit stays at its model, whatever its reference says."""

from __future__ import annotations

import json

import pytest

from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import SeldonDeployment, parse
from sdep.api.status import Pin
from sdep.registry.hold import HOLD_ANNOTATION, HeldModel, read_holds, with_holds
from sdep.registry.pin import pin_models
from sdep.registry.resolved import ResolvedModel
from sdep.registry.resolver import Answer, Fault

KEY = ("main", "price")
THREE = {"artifactUri": "s3://models/3", "name": "price", "version": "3", "by": "ann", "why": "errors since noon"}


def sdep(hold: object = None) -> SeldonDeployment:
    annotations = {} if hold is None else {HOLD_ANNOTATION: hold if isinstance(hold, str) else json.dumps(hold)}
    graph = {"name": "price", "modelUri": "models:/price@champion"}
    return with_defaults(
        parse(
            {
                "apiVersion": "machinelearning.seldon.io/v1",
                "kind": "SeldonDeployment",
                "metadata": {"name": "prices", "annotations": annotations},
                "spec": {"predictors": [{"name": "main", "graph": graph}]},
            }
        )
    )


def answer(version: str) -> Answer:
    return Answer(ResolvedModel(f"s3://models/{version}", name="price", version=version))


def pinned(body: SeldonDeployment, said: Answer, *before: Pin) -> Pin:
    return pin_models(body, {KEY: said}, before, "2026-01-01T00:00:00Z").pins[KEY]


def test_a_held_unit_is_pinned_to_its_model_and_the_cause_names_who_and_why() -> None:
    served = pinned(sdep(), answer("4"))
    held = pinned(sdep({"main/price": THREE}), answer("5"), served)
    assert (held.artifact_uri, held.version, held.held) == ("s3://models/3", "3", True)
    assert held.cause == "held at version 3 by sdep undo (ann: errors since noon)"
    assert [change.version for change in held.history] == ["4"]


def test_a_moved_alias_leaves_a_held_pin_as_it_is() -> None:
    body = sdep({"main/price": THREE})
    held = pinned(body, answer("4"))
    assert pinned(body, answer("5"), held) == held


def test_a_registry_that_is_down_is_no_fault_of_a_held_unit() -> None:
    said = Answer(fault=Fault("RegistryUnreachable", "does not answer"))
    pinning = pin_models(sdep({"main/price": THREE}), {KEY: said}, (), "2026-01-01T00:00:00Z")
    assert pinning.faults == {}
    assert pinning.pins[KEY].version == "3"


def test_a_released_unit_follows_its_reference_again() -> None:
    held = pinned(sdep({"main/price": THREE}), answer("4"))
    released = pinned(sdep(), answer("4"), held)
    assert (released.version, released.held) == ("4", False)
    assert released.cause == "released: models:/price@champion is followed again"


def test_holding_what_is_served_already_is_no_change_of_what_was_served() -> None:
    served = pinned(sdep(), answer("3"))
    held = pinned(sdep({"main/price": THREE}), answer("3"), served)
    assert held.held
    assert held.history == []


def test_an_older_crd_that_drops_the_field_does_not_make_the_pin_anew() -> None:
    body = sdep({"main/price": THREE})
    stored = pinned(body, answer("4")).model_copy(update={"held": False})
    again = pin_models(body, {KEY: answer("4")}, [stored], "2026-02-02T00:00:00Z").pins[KEY]
    assert again == stored.model_copy(update={"held": True})


@pytest.mark.parametrize("broken", ["{", "[]", '"x"', "[" * 100_000])
def test_an_annotation_that_cannot_be_read_keeps_every_model_and_is_a_warning(broken: str) -> None:
    served = pinned(sdep(), answer("4"))
    body = sdep(broken)
    assert pinned(body, answer("5"), served) == served
    assert [(problem.severity, problem.reason) for problem in read_holds(body).problems] == [("warning", "InvalidHold")]


def test_an_entry_without_artifact_keeps_the_model_of_its_unit_and_names_the_field() -> None:
    served = pinned(sdep(), answer("4"))
    body = sdep({"main/price": {"version": "3"}})
    assert pinned(body, answer("5"), served) == served
    (problem,) = read_holds(body).problems
    assert "main/price.artifactUri: Field required" in problem.message


def test_a_hold_of_a_unit_that_there_is_none_of_holds_nothing_and_says_so() -> None:
    body = sdep({"main/prize": THREE})
    assert pinned(body, answer("5")).version == "5"
    (problem,) = read_holds(body).problems
    assert "'main/prize' is no unit with a model" in problem.message


def test_the_annotation_holds_and_releases_one_unit_without_touching_another() -> None:
    one = with_holds(None, {"main/price": HeldModel(artifact_uri="s3://1")})
    both = with_holds(one, {"main/other": HeldModel(artifact_uri="s3://2", version="2")})
    assert json.loads(both or "") == {
        "main/price": {"artifactUri": "s3://1"},
        "main/other": {"artifactUri": "s3://2", "version": "2"},
    }
    assert json.loads(with_holds(both, {"main/other": None}) or "") == {"main/price": {"artifactUri": "s3://1"}}
    assert with_holds(one, {"main/price": None}) is None
