"""A trial is of one version of the canary: what changes of it begins another, and how much of it runs does not."""

from __future__ import annotations

import pytest

from sdep.api.predictor import Predictor
from sdep.api.status import Pin, RolloutStatus
from sdep.api.validation import problems
from sdep.errors import InvalidError
from sdep.plan import Weights
from sdep.rollout.trial import Trial, named_trial
from sdep.rollout.weights import on_trial, requested
from tests.unit.rollout.trials import predictor, sdep

KEY = ("canary", "price")


def pin(version: str = "2") -> Pin:
    return Pin(predictor="canary", unit="price", uri="models:/price@next", artifact_uri=f"s3://models/{version}")


def trial(version: str = "2", **canary: object) -> Trial:
    body = sdep(predictor("main"), predictor("canary", **canary), rollout={"canary": "canary"})  # type: ignore[arg-type]
    found = named_trial(body, {KEY: pin(version)})
    assert found
    return found


def test_weights_and_replicas_are_no_other_version() -> None:
    assert trial().revision == trial(traffic=7, replicas=3).revision


def test_another_model_or_another_pod_is_another_version() -> None:
    assert len({trial().revision, trial("3").revision, trial(componentSpecs=[{"replicas": 2}]).revision}) == 3


def test_the_stable_predictor_is_the_first_live_one_that_is_not_the_canary() -> None:
    body = sdep(predictor("shade", shadow=True), predictor("canary"), predictor("main"), rollout={"canary": "canary"})
    found = named_trial(body, {})
    assert found
    assert found.stable == "main"


def test_without_a_canary_that_is_there_nothing_is_on_trial() -> None:
    assert named_trial(sdep(predictor("main"), rollout={"canary": "gone"}), {}) is None
    assert named_trial(sdep(predictor("main"), predictor("canary")), {}) is None


def rollout(weight: int, mirror: int = 0) -> RolloutStatus:
    return RolloutStatus(
        phase="Progressing", canary="canary", stable="main", revision="one", weight=weight, mirror=mirror
    )


def weights(**traffic: int) -> Weights:
    graph = {"name": "m"}
    return requested([Predictor.model_validate({"name": n, "traffic": t, "graph": graph}) for n, t in traffic.items()])


def test_canary_and_stable_part_what_they_get_together() -> None:
    assert on_trial(weights(main=90, canary=10), rollout(25)).live == {"main": 75, "canary": 25}
    assert on_trial(weights(main=40, other=50, canary=10), rollout(50)).live == {"main": 25, "other": 50, "canary": 25}
    assert on_trial(weights(main=100, canary=0), rollout(0, 30)) == Weights({"main": 100, "canary": 0}, {"canary": 30})


def test_a_rollout_of_predictors_that_are_gone_changes_no_weight() -> None:
    assert on_trial(weights(main=100), rollout(25)) == weights(main=100)


@pytest.mark.parametrize(
    ("rollout", "field", "message"),
    [
        ({"canary": "canary", "steps": []}, "spec.rollout.steps", "has no step"),
        ({"canary": "canary", "steps": [{}]}, "spec.rollout.steps[0]", "either a weight or a mirror"),
        ({"canary": "canary", "steps": [{"weight": 1, "mirror": 1}]}, "spec.rollout.steps[0]", "either"),
        ({"canary": "canary", "stable": "canary"}, "spec.rollout.canary", "compared with itself"),
        ({"canary": "canary", "stable": "nobody"}, "spec.rollout.stable", "no live predictor; there are: canary, main"),
        ({"canary": "shade"}, "spec.rollout.canary", "is a shadow"),
    ],
)
def test_what_is_wrong_with_a_rollout_is_an_error_that_names_its_field(
    rollout: dict[str, object], field: str, message: str
) -> None:
    body = sdep(
        predictor("main", traffic=90),
        predictor("canary", traffic=10),
        predictor("shade", shadow=True),
        rollout=rollout,
    )
    (found,) = [problem for problem in problems(body) if "rollout" in problem.field]
    assert (found.severity, found.field) == ("error", field)
    assert message in found.message


@pytest.mark.parametrize(
    ("uri", "rollout", "message"),
    [
        ("models:/price/3", {}, "no model of 'main' can move"),
        ("models:/price@champion", {"canary": "gone"}, "is no predictor"),
        ("models:/price@champion", {"canary": "main"}, "only live predictor"),
    ],
)
def test_a_rollout_that_can_never_begin_is_warned_of(uri: str, rollout: dict[str, object], message: str) -> None:
    found = [
        problem for problem in problems(sdep(predictor("main", uri), rollout=rollout)) if "rollout" in problem.field
    ]
    assert [problem.severity for problem in found] == ["warning"]
    assert message in found[0].message


def test_a_name_for_the_canary_that_is_taken_is_refused() -> None:
    body = sdep(predictor("main", traffic=100), predictor("main-canary", traffic=0), rollout={})
    assert [problem.field for problem in problems(body) if problem.severity == "error"] == ["spec.rollout.canary"]


@pytest.mark.parametrize("text", ["steps: [", "steps: 3", "canary: [a]", "[]x: {"])
def test_an_annotation_that_is_no_rollout_is_an_error(text: str) -> None:
    body = sdep(predictor("main"), annotations={"sdep.io/rollout": text})
    assert [problem.field for problem in problems(body) if problem.severity == "error"] == [
        "metadata.annotations[sdep.io/rollout]"
    ]


def test_weights_need_not_be_written_where_a_rollout_says_them() -> None:
    body = sdep(predictor("main"), predictor("canary"), rollout={"canary": "canary"})
    assert problems(body) == ()


def test_a_duration_that_is_none_names_the_field() -> None:
    with pytest.raises(InvalidError, match=r"spec\.rollout\.steps\[0\]\.duration: .*such as 30s"):
        sdep(predictor("main"), rollout={"steps": [{"weight": 5, "duration": "soon"}]})
