"""The weights that a manifest means, and where its traffic can go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdep.api.predictor import Predictor, sums_to_whole
from sdep.plan import Weights
from sdep.rollout.weights import answerable, requested


def predictor(name: str, traffic: int | None, *, shadow: bool = False) -> Predictor:
    return Predictor.model_validate({"name": name, "traffic": traffic, "shadow": shadow, "graph": {}})


@pytest.mark.parametrize(("canary", "main"), [(5, 95), (25, 75), (100, 0), (10, 90)])
def test_patching_the_canary_alone_gives_it_just_that(canary: int, main: int) -> None:
    weights = requested([predictor("main", 90), predictor("canary", canary)])
    assert weights.live == {"main": main, "canary": canary}


def test_weights_that_sum_to_100_are_taken_as_written() -> None:
    assert requested([predictor("a", 20), predictor("b", 50), predictor("c", 30)]).live == {"a": 20, "b": 50, "c": 30}


def test_a_lone_predictor_gets_everything() -> None:
    assert requested([predictor("only", 50)]).live == {"only": 100}


def test_others_beyond_100_share_in_proportion_and_the_first_gets_nothing() -> None:
    assert requested([predictor("main", 90), predictor("b", 100), predictor("c", 100)]).live == {
        "main": 0,
        "b": 50,
        "c": 50,
    }


@pytest.mark.parametrize(("traffic", "mirrored"), [(None, 100), (20, 20), (0, 0), (250, 100)])
def test_traffic_on_a_shadow_is_its_mirror_percentage(traffic: int | None, mirrored: int) -> None:
    weights = requested([predictor("main", None), predictor("shadow", traffic, shadow=True)])
    assert weights == Weights(live={"main": 100}, mirror={"shadow": mirrored})


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=8))
def test_live_weights_always_sum_to_100(traffic: list[int]) -> None:
    weights = requested([predictor(f"p{number}", share) for number, share in enumerate(traffic)])
    assert sum(weights.live.values()) == 100


@given(st.lists(st.integers(0, 100), min_size=2, max_size=6), st.sets(st.integers(0, 5)))
def test_nothing_goes_to_a_predictor_that_cannot_answer_while_another_can(traffic: list[int], ready: set[int]) -> None:
    asked = requested([predictor(f"p{number}", share) for number, share in enumerate(traffic)])
    able = {f"p{number}" for number in ready}
    routed = answerable(asked, able).live
    assert sum(routed.values()) == 100
    if any(asked.live[name] for name in able & asked.live.keys()):
        assert all(share == 0 for name, share in routed.items() if name not in able)


def test_where_nobody_can_answer_the_weights_stay() -> None:
    asked = Weights(live={"a": 60, "b": 40}, mirror={})
    assert answerable(asked, set()) == asked


@pytest.mark.parametrize(
    ("traffic", "right"), [([90, 10], True), ([90, 25], False), ([None], True), ([50], False), ([None, None], False)]
)
def test_strict_installations_can_tell_whether_weights_are_right_as_written(
    traffic: list[int | None],
    right: bool,  # noqa: FBT001 - a test case
) -> None:
    assert sums_to_whole([predictor(f"p{number}", share) for number, share in enumerate(traffic)]) is right
