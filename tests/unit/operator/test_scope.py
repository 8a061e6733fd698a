"""Operators that share a cluster keep to their own SeldonDeployments."""

from __future__ import annotations

from typing import Any

import pytest

from sdep.operator.scope import CONTROLLER_ID, Scope
from sdep.operator.store import Store
from sdep.settings import OperatorSettings, from_environment

NAME = ("ns", "a")


def made(**settings: object) -> tuple[Scope, Store]:
    store = Store()
    return Scope(OperatorSettings.model_validate({"runtime_image": "r", **settings}), store), store


def sdep(label: str | None = None, version: int = 1, namespace: str = "ns") -> dict[str, Any]:
    labels = {} if label is None else {CONTROLLER_ID: label}
    metadata = {
        "namespace": namespace,
        "name": "a",
        "uid": f"u-{namespace}",
        "resourceVersion": str(version),
        "labels": labels,
    }
    return {"kind": "SeldonDeployment", "metadata": metadata}


def space(label: str | None, name: str = "ns") -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": {} if label is None else {CONTROLLER_ID: label}}}


@pytest.mark.parametrize(
    ("ours", "label", "owned"),
    [("", None, True), ("", "", True), ("", "x", False), ("x", "x", True), ("x", None, False), ("x", "y", False)],
)
def test_the_label_must_equal_our_controller_id(ours: str, label: str | None, *, owned: bool) -> None:
    scope, store = made(controller_id=ours)
    scope.put_sdep(sdep(label))
    assert (NAME in store.sdeps) is owned


def test_a_label_that_changes_hands_the_object_over_both_ways() -> None:
    scope, store = made()
    scope.put_sdep(sdep())
    scope.put_sdep(sdep("x", 2))
    assert NAME not in store.sdeps
    scope.put_sdep(sdep(None, 3))
    assert NAME in store.sdeps


def test_a_namespace_with_a_controller_id_belongs_to_another_operator_until_the_label_goes() -> None:
    scope, store = made()
    scope.put_sdep(sdep())
    scope.put_sdep(sdep(namespace="other"))
    assert list(scope.put_namespace(space("x"))) == [NAME]
    assert list(store.sdeps) == [("other", "a")]
    scope.put_sdep(sdep(version=5))
    assert NAME not in store.sdeps
    assert list(scope.put_namespace(space(None))) == [NAME]
    assert store.sdeps[NAME]["metadata"]["resourceVersion"] == "5"


def test_the_label_of_a_namespace_means_nothing_to_an_operator_that_is_told_its_namespaces() -> None:
    scope, store = made(namespaces=("ns",))
    scope.put_sdep(sdep())
    assert list(scope.put_namespace(space("x"))) == []
    assert NAME in store.sdeps


def test_what_was_deleted_while_it_was_outside_does_not_come_back_with_its_namespace() -> None:
    scope, store = made()
    scope.put_namespace(space("x"))
    scope.put_sdep(sdep())
    scope.put_sdep(sdep(namespace="other"))
    scope.listed("ns", set())
    scope.drop_sdep(sdep(namespace="other"))
    assert list(scope.put_namespace(space(None))) == []
    assert not store.sdeps


def test_several_namespaces_are_given_as_a_list_with_commas() -> None:
    settings = from_environment({"SDEP_RUNTIME_IMAGE": "r", "SDEP_NAMESPACES": "a, b,c"})
    assert settings.namespaces == ("a", "b", "c")
