"""A fresh baseline: a copy of the stable predictor that is compared with the canary in its place."""

from __future__ import annotations

from typing import Any

import pytest

from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.status import Pin, RolloutStatus
from sdep.api.validation import problems
from sdep.plan import Weights
from sdep.registry.pin import pin_models
from sdep.registry.resolved import ResolvedModel
from sdep.registry.resolver import Answer
from sdep.rollout.baseline import TRIAL_ANNOTATION, answers_with_baseline, with_baseline
from sdep.rollout.follow import followed
from sdep.rollout.transition import begun
from sdep.rollout.trial import named_trial
from sdep.rollout.weights import on_trial, requested
from tests.unit.rollout.trials import START, predictor, sdep, seen

FRESH: dict[str, Any] = {"analysis": {"baseline": "Fresh"}, "steps": [{"weight": 20}]}
PINS = [
    Pin(predictor="main", unit="price", uri="models:/price@champion", name="price", version="1", artifact_uri="s3://1")
]


def body(**rollout: object) -> SeldonDeployment:
    main = predictor("main", traffic=100, replicas=8, annotations={"seldon.io/svc-name": "taken", "team": "prices"})
    canary = predictor("canary", "models:/price@next", replicas=2)
    return sdep(main, canary, rollout={"canary": "canary", **FRESH, **rollout})


def under_way(of: SeldonDeployment | None = None, **more: object) -> RolloutStatus:
    trial = named_trial(of or body(), {})
    assert trial
    return begun(trial, None, seen(), START).model_copy(update=more)


def test_it_is_a_copy_of_the_stable_predictor_in_the_canarys_numbers() -> None:
    status = under_way()
    *_, made = with_baseline(body(), status).spec.predictors
    assert (made.name, made.replicas, made.traffic) == ("main-baseline", 2, 0)
    assert made.annotations == {"team": "prices", TRIAL_ANNOTATION: status.revision}
    assert made.graph == body().spec.predictors[0].graph


def test_another_trial_has_other_pods_and_without_one_there_are_none() -> None:
    """The annotation is on the pods, so that a baseline is as young as its canary."""
    annotations = [
        with_baseline(body(), under_way(revision=revision)).spec.predictors[-1].annotations for revision in ("a", "b")
    ]
    assert annotations[0] != annotations[1]
    for phase in ("Promoted", "RolledBack"):
        assert len(with_baseline(body(), under_way(phase=phase)).spec.predictors) == 2
    running = body(analysis={"baseline": "Running"})
    assert len(with_baseline(running, under_way(running)).spec.predictors) == 2
    assert len(with_baseline(body(), None).spec.predictors) == 2


def test_it_serves_what_the_stable_predictor_serves_while_the_registry_says_otherwise() -> None:
    answers = {
        ("main", "price"): Answer(ResolvedModel("s3://3", name="price", version="3")),
        ("canary", "price"): Answer(ResolvedModel("s3://2", name="price", version="2")),
    }
    status = under_way()
    pinning = pin_models(with_baseline(body(), status), answers_with_baseline(answers, PINS, status), PINS, START)
    assert pinning.pins["main-baseline", "price"].version == "1"


def test_a_followed_model_has_one_too() -> None:
    of = sdep(predictor("main", replicas=3), rollout=FRESH)
    answers = {("main", "price"): Answer(ResolvedModel("s3://2", name="price", version="2"))}
    found = followed(of, answers, PINS, None)
    assert found.trial
    assert (found.trial.baseline, found.trial.reference) == ("main-baseline", "main-baseline")
    status = begun(found.trial, None, seen(), START)
    acted = with_baseline(found.sdep, status)
    assert [made.name for made in acted.spec.predictors] == ["main", "main-canary", "main-baseline"]
    pinning = pin_models(acted, answers_with_baseline(found.answers, PINS, status), PINS, START)
    assert {key[0]: pin.version for key, pin in pinning.pins.items()} == {
        "main": "1",
        "main-canary": "2",
        "main-baseline": "1",
    }


@pytest.mark.parametrize(
    ("more", "live", "mirror"),
    [
        ({"weight": 20}, {"main": 60, "canary": 20, "main-baseline": 20}, {}),
        ({"weight": 50}, {"main": 0, "canary": 50, "main-baseline": 50}, {}),
        ({"mirror": 30}, {"main": 100, "canary": 0, "main-baseline": 0}, {"canary": 30, "main-baseline": 30}),
        ({"weight": 100, "phase": "Promoted"}, {"main": 0, "canary": 100, "main-baseline": 0}, {}),
        ({"weight": 0, "phase": "RolledBack"}, {"main": 100, "canary": 0, "main-baseline": 0}, {}),
    ],
)
def test_it_gets_as_much_as_the_canary_and_the_stable_predictor_the_rest(
    more: dict[str, Any], live: dict[str, int], mirror: dict[str, int]
) -> None:
    asked = requested(with_baseline(body(), under_way()).spec.predictors)
    assert on_trial(asked, under_way(**more)) == Weights(live, mirror)


def test_both_must_fit_beside_each_other_and_the_name_must_be_free() -> None:
    (weight,) = [one for one in problems(body(steps=[{"weight": 50}, {"weight": 60}])) if one.severity == "error"]
    assert (weight.field, "more than 50" in weight.message) == ("spec.rollout.steps[1].weight", True)
    taken = sdep(
        predictor("main"), predictor("canary"), predictor("main-baseline"), rollout={"canary": "canary", **FRESH}
    )
    assert [one.field for one in problems(taken) if one.severity == "error"] == ["spec.rollout.analysis.baseline"]
    assert [one for one in problems(body()) if one.severity == "error"] == []
