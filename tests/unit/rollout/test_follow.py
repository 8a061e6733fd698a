"""A model that moves in the registry is tried by a canary of its own before anybody else gets it."""

from __future__ import annotations

import json
from typing import Any

from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.status import Pin, RolloutStatus
from sdep.registry.hold import HOLD_ANNOTATION
from sdep.registry.pin import pin_models
from sdep.registry.resolved import ResolvedModel
from sdep.registry.resolver import Answer, Fault
from sdep.rollout.follow import Followed, followed
from sdep.rollout.transition import begun
from tests.unit.rollout.trials import START, predictor, sdep, seen

ROLLOUT: dict[str, Any] = {"rollout": {"steps": [{"weight": 10}]}}


def answer(version: str) -> Answer:
    return Answer(ResolvedModel(f"s3://models/{version}", name="price", version=version))


def served(version: str = "1", **more: Any) -> list[Pin]:  # noqa: ANN401 - any field
    made = {"name": "price", "version": version, "artifact_uri": f"s3://models/{version}", **more}
    return [Pin(predictor="main", unit="price", **{"uri": "models:/price@champion", **made})]


def moved(body: SeldonDeployment | None = None, before: RolloutStatus | None = None, to: str = "2") -> Followed:
    body = body or sdep(predictor("main"), **ROLLOUT)
    return followed(body, {("main", "price"): answer(to)}, served(), before)


def versions(found: Followed) -> dict[str, str]:
    pinning = pin_models(found.sdep, found.answers, served(), START)
    return {key[0]: pin.version for key, pin in pinning.pins.items()}


def status(found: Followed, phase: str, reason: str = "") -> RolloutStatus:
    assert found.trial
    return begun(found.trial, None, seen(), START).model_copy(update={"phase": phase, "reason": reason})


def test_a_moved_model_gets_a_canary_and_the_stable_predictor_keeps_its_own() -> None:
    found = moved()
    assert [made.name for made in found.sdep.spec.predictors] == ["main", "main-canary"]
    assert versions(found) == {"main": "1", "main-canary": "2"}
    assert found.trial
    assert (found.trial.canary, found.trial.stable, found.trial.follows) == ("main-canary", "main", True)


def test_a_stage_is_followed_as_an_alias_is() -> None:
    stage = "models:/price/Production"
    body = sdep(predictor("main", stage), **ROLLOUT)
    found = followed(body, {("main", "price"): answer("2")}, served(uri=stage), None)
    pins = pin_models(found.sdep, found.answers, served(uri=stage), START).pins
    assert {key[0]: pin.version for key, pin in pins.items()} == {"main": "1", "main-canary": "2"}


def test_while_it_is_on_trial_a_silent_registry_changes_nothing() -> None:
    fault = Fault("RegistryUnreachable", "does not answer")
    body = sdep(predictor("main"), **ROLLOUT)
    said = {("main", "price"): Answer(answer("2").model, fault)}
    assert versions(followed(body, said, served(), status(moved(), "Progressing"))) == {"main": "1", "main-canary": "2"}


def test_a_version_that_was_turned_back_is_not_served_and_the_next_is_tried() -> None:
    back = status(moved(), "RolledBack")
    assert versions(moved(before=back)) == {"main": "1"}
    assert versions(moved(before=back, to="3")) == {"main": "1", "main-canary": "3"}


def test_a_promoted_version_is_taken_over_while_the_canary_answers() -> None:
    replacing = moved(before=status(moved(), "Promoted", "Replacing"))
    assert versions(replacing) == {"main": "2", "main-canary": "2"}
    done = moved(before=status(moved(), "Promoted", "Promoted"))
    assert versions(done) == {"main": "2"}
    assert done.trial is None


def test_an_alias_that_moves_back_ends_the_trial() -> None:
    back = moved(before=status(moved(), "Progressing"), to="1")
    assert (back.trial, versions(back)) == (None, {"main": "1"})


def test_what_a_person_said_is_done_at_once() -> None:
    first = followed(sdep(predictor("main"), **ROLLOUT), {("main", "price"): answer("2")}, [], None)
    assert first.trial is None
    changed = moved(sdep(predictor("main", "models:/price/2"), **ROLLOUT))
    assert (changed.trial, versions(changed)) == (None, {"main": "2"})
    hold = json.dumps({"main/price": {"artifactUri": "s3://models/7", "version": "7"}})
    held = moved(sdep(predictor("main"), annotations={HOLD_ANNOTATION: hold}, **ROLLOUT))
    assert (held.trial, versions(held)) == (None, {"main": "7"})


def test_without_a_rollout_a_moved_model_is_followed_as_ever() -> None:
    assert versions(moved(sdep(predictor("main")))) == {"main": "2"}


def test_the_rollout_may_be_said_by_an_annotation() -> None:
    plain = sdep(predictor("main"), annotations={"sdep.io/rollout": "steps: [{weight: 10}]"})
    found = moved(plain)
    assert found.trial
    assert found.trial.spec.steps[0].weight == 10
    assert versions(found) == {"main": "1", "main-canary": "2"}


def test_the_canary_has_no_service_name_and_no_label_of_the_stable_predictors() -> None:
    body = sdep(predictor("main", annotations={"seldon.io/svc-name": "prices", "team": "a"}), **ROLLOUT)
    made = moved(body).sdep.spec.predictors[-1]
    assert made.annotations == {"team": "a"}
    assert (made.labels or {})["version"] == "main-canary"
