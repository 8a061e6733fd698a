"""Models are pinned, followed and kept."""

from __future__ import annotations

from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import SeldonDeployment, parse
from sdep.api.status import Pin
from sdep.registry.pin import HISTORY_LENGTH, pin_models
from sdep.registry.resolved import ResolvedModel
from sdep.registry.resolver import Answer, Fault

KEY = ("default", "price")
DOWN = Fault("RegistryUnreachable", "does not answer")


def sdep(uri: str = "models:/price/production") -> SeldonDeployment:
    predictor = {"name": "default", "graph": {"name": "price", "modelUri": uri}}
    return with_defaults(
        parse(
            {
                "apiVersion": "machinelearning.seldon.io/v1",
                "kind": "SeldonDeployment",
                "metadata": {"name": "prices"},
                "spec": {"predictors": [predictor]},
            }
        )
    )


def answer(version: str) -> Answer:
    return Answer(ResolvedModel(f"s3://models/{version}", name="price", version=version))


def pinned(version: str, uri: str = "models:/price/production") -> Pin:
    return pin_models(sdep(uri), {KEY: answer(version)}, (), "2026-01-01T00:00:00Z").pins[KEY]


def test_a_reference_is_pinned_to_its_version() -> None:
    pin = pinned("3")
    assert (pin.label, pin.artifact_uri, pin.cause) == ("price/3", "s3://models/3", "first resolved")


def test_an_unmoved_reference_keeps_its_pin_and_the_time_of_it() -> None:
    pin = pinned("3")
    again = pin_models(sdep(), {KEY: answer("3")}, [pin], "2026-02-02T00:00:00Z")
    assert again.pins[KEY] == pin
    assert not again.moves


def test_a_moved_reference_is_followed_and_remembered() -> None:
    before = pinned("3")
    after = pin_models(sdep(), {KEY: answer("4")}, [before], "2026-02-02T00:00:00Z")
    pin = after.pins[KEY]
    assert after.moves == ((before, pin),)
    assert (pin.version, pin.cause) == ("4", "models:/price/production moved in the registry")
    assert [change.version for change in pin.history] == ["3"]


def test_a_registry_that_is_down_keeps_what_is_pinned_and_says_so() -> None:
    pin = pinned("3")
    kept = pin_models(sdep(), {KEY: Answer(fault=DOWN)}, [pin], "2026-02-02T00:00:00Z")
    assert kept.pins == {KEY: pin}
    assert kept.faults == {KEY: DOWN}


def test_a_model_that_was_never_found_has_no_pin() -> None:
    missing = pin_models(sdep(), {KEY: Answer(fault=DOWN)}, (), "2026-02-02T00:00:00Z")
    assert missing.pins == {}


def test_a_manifest_that_asks_for_a_missing_model_goes_on_serving_the_old_one() -> None:
    pin = pinned("3")
    kept = pin_models(sdep("models:/other/1"), {KEY: Answer(fault=DOWN)}, [pin], "2026-02-02T00:00:00Z")
    assert kept.pins[KEY].version == "3"


def test_history_is_bounded() -> None:
    pin = pinned("0")
    for version in range(1, HISTORY_LENGTH + 5):
        pin = pin_models(sdep(), {KEY: answer(str(version))}, [pin], "2026-02-02T00:00:00Z").pins[KEY]
    assert len(pin.history) == HISTORY_LENGTH
