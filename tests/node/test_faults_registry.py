"""Whatever the registry says or does not say, what runs goes on, and others are served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.kubectl import Target, until
from tests.node.false_registry import RUBBISH, FalseRegistry
from tests.node.herd import owned, predictor
from tests.node.operators import Operator
from tests.node.own_operator import Place


@pytest.fixture(scope="module")
def place(bare_target: Target) -> Iterator[Place]:
    with Place.made(bare_target, "sdep-faults-registry") as made:
        yield made


@pytest.fixture
def scratch(place: Place) -> Iterator[None]:
    """Every SeldonDeployment that a test makes goes with it."""
    yield
    place.delete_all()


def priced(name: str, alias: str = "champion", **more: object) -> dict[str, Any]:
    graph = {"name": "m", "modelUri": f"models:/priced@{alias}", **more}
    return owned(name, {"name": "default", "replicas": 0, "graph": graph})


def version(place: Place, name: str) -> str:
    models = place.get("sdep", name).get("status", {}).get("models") or [{}]
    return str(models[0].get("version", ""))


@pytest.fixture(scope="module")
def registry() -> Iterator[FalseRegistry]:
    with FalseRegistry.serving() as found:
        yield found


@pytest.fixture(scope="module")
def follower(place: Place, registry: FalseRegistry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """One operator for all illnesses: none may end it."""
    with place.operator(tmp_path_factory.mktemp("follower"), SDEP_MLFLOW_TRACKING_URI=registry.address) as found:
        yield found


@pytest.mark.usefixtures("scratch")
@pytest.mark.parametrize("illness", ["slow", "an error", *RUBBISH])
def test_a_registry_that_is_ill_changes_nothing_and_is_followed_again_when_it_is_well(
    place: Place, registry: FalseRegistry, follower: Operator, illness: str
) -> None:
    registry.version = "1"
    place.make(priced("priced"))
    place.wait_for("priced", "Ready", "Ready")
    before = place.children()
    registry.fall_ill(illness)
    try:
        found = place.wait_for("priced", "ModelsResolved", "RegistryUnreachable")
        assert registry.address in found["message"]
        place.make(owned("another", predictor("default")), priced("late", "challenger"))
        place.wait_for("another", "Ready", "Ready", 10)
        place.wait_for("late", "ModelsResolved", "RegistryUnreachable")
        assert {name: uid for name, uid in place.children().items() if "another" not in name} == before
        registry.version = "2"
    finally:
        registry.be_well()
    for name in ("priced", "late"):
        until(lambda name=name: version(place, name) == "2", f"{name} follows", 20)  # type: ignore[misc]
        place.wait_for(name, "Ready", "Ready")
    assert follower.process.poll() is None


@pytest.mark.usefixtures("scratch")
def test_a_secret_with_a_rubbish_address_harms_who_names_it_alone(place: Place, follower: Operator) -> None:
    addresses = ["not a URI", "http://[::bad", "ftp://127.0.0.1", "http://127.0.0.1:99999", "//", "\u0000"]
    for number, address in enumerate(addresses):
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"rubbish-{number}"}}
        place.make({**secret, "stringData": {"MLFLOW_TRACKING_URI": address}})
        place.make(priced(f"priced-{number}", envSecretRefName=f"rubbish-{number}"))
    place.make(owned("another", predictor("default")))
    place.wait_for("another", "Ready", "Ready")
    for number in range(len(addresses)):
        name = f"priced-{number}"
        until(lambda name=name: place.condition(name, "ModelsResolved").get("status") == "False", f"{name} is told")  # type: ignore[misc]
    assert follower.process.poll() is None


@pytest.fixture(scope="module")
def elsewhere(bare_target: Target) -> Iterator[Place]:
    with Place.made(bare_target, "sdep-faults-no-registry") as made:
        yield made


def test_a_registry_that_is_gone_takes_nothing_even_from_an_operator_that_starts_without_it(
    elsewhere: Place, tmp_path: Path
) -> None:
    with FalseRegistry.serving() as registry, elsewhere.operator(tmp_path, SDEP_MLFLOW_TRACKING_URI=registry.address):
        elsewhere.make(priced("priced"))
        elsewhere.wait_for("priced", "Ready", "Ready")
        before = elsewhere.children()
    with elsewhere.operator(tmp_path, SDEP_MLFLOW_TRACKING_URI=registry.address):
        elsewhere.wait_for("priced", "ModelsResolved", "RegistryUnreachable")
        assert elsewhere.children() == before
        assert version(elsewhere, "priced") == "1"
