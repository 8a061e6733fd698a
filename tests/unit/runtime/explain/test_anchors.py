"""Anchors: the rules that are found hold the prediction, whatever else changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier

from sdep.runtime.explain import anchor_tabular
from sdep.runtime.explain.anchors.bounds import lower, upper
from sdep.runtime.explain.anchors.conditions import Condition, extends, written
from sdep.runtime.reference.reference import Reference
from tests.unit.runtime.explain.conftest import NAMES, ROWS, Made

Array = np.ndarray[Any, Any]


def _explained(made: Made, row: Array) -> Any:  # noqa: ANN401 - JSON
    anchor_tabular.check(made.context)
    return anchor_tabular.explain(row[None], made.context).data


def test_the_rule_in_the_data_is_found(reference: Reference) -> None:
    """The model rises where oil > 0 and gas < 0.5: what an anchor of a rising row says is just that, within a tenth of the data."""
    made = Made(lambda rows: np.where((rows[:, 0] > 0) & (rows[:, 1] < 0.5), 1, 0), None, reference)
    found = _explained(made, np.array([1.5, -1.5, 0.0, 0.0]))
    assert len(found["anchor"]) == 2
    assert [line.split()[0] for line in sorted(found["anchor"])] == ["gas", "oil"]
    assert found["precision"] >= 0.95
    assert found["raw"]["success"] is True
    assert found["raw"]["prediction"] == [1]


@pytest.mark.parametrize("index", range(6))
def test_precision_holds_on_rows_that_nobody_has_seen(
    index: int, forest: RandomForestClassifier, reference: Reference
) -> None:
    """20,000 fresh rows, drawn as the paper says, by a test that shares no code with the search."""
    row = ROWS[index]
    made = Made(forest.predict, None, reference)
    found = _explained(made, row)
    assert found["raw"]["success"] is True
    rng = np.random.default_rng(99)
    fresh = ROWS[rng.integers(len(ROWS), size=20_000)]
    for line in found["anchor"]:
        feature, pool = _pool(line)
        fresh[:, feature] = rng.choice(pool, len(fresh))
    measured = float((forest.predict(fresh) == forest.predict(row[None])).mean())
    assert measured >= 0.95 - 0.015
    assert found["precision"] == pytest.approx(measured, abs=0.02)


def _pool(line: str) -> tuple[int, Array]:
    """The values of the feature in a line such as `0.1 < oil <= 2`."""
    words = line.split()
    name = next(word for word in words if word in NAMES)
    feature = NAMES.index(name)
    values = ROWS[:, feature]
    low, high = -np.inf, np.inf
    if len(words) == 5:
        low, high = float(words[0]), float(words[4])
    elif words[1] == ">":
        low = float(words[2])
    else:
        high = float(words[2])
    return feature, values[(values > low) & (values <= high)]


def test_a_number_stays_within_half_a_deviation(boosted: GradientBoostingRegressor, reference: Reference) -> None:
    """Of a regression the prediction is held in a band, whose width is in the answer."""
    found = _explained(Made(boosted.predict, None, reference), np.array([2.0, -1.5, 1.0, 0.0]))
    assert found["raw"]["tolerance"] == pytest.approx(0.5 * boosted.predict(ROWS).std(), rel=1e-6)
    assert found["precision"] > found["raw"]["all_precision"]


def test_the_same_question_has_the_same_answer_and_few_calls(
    forest: RandomForestClassifier, reference: Reference
) -> None:
    made = Made(forest.predict, None, reference)
    first = anchor_tabular.explain(ROWS[:1], made.context).json("1")
    calls = made.asked.calls
    assert anchor_tabular.explain(ROWS[:1], made.context).json("1") == first
    assert calls <= 60


def test_v1s_flags_count(forest: RandomForestClassifier, reference: Reference) -> None:
    """A lower threshold is content with a rule that is no longer, and covers no less."""
    strict = _explained(Made(forest.predict, None, reference), ROWS[4])
    loose = _explained(Made(forest.predict, None, reference, config={"threshold": 0.7}), ROWS[4])
    assert len(loose["anchor"]) <= len(strict["anchor"])
    assert loose["coverage"] >= strict["coverage"]
    short = _explained(Made(forest.predict, None, reference, config={"threshold": 1, "max_anchor_size": 1}), ROWS[4])
    assert len(short["anchor"]) == 1


def test_categories_are_conditions_too() -> None:
    rng = np.random.default_rng(0)
    kinds = rng.choice(np.array(["a", "b", "c"], object), 500)
    mixed = Reference(("kind", "size"), (kinds, rng.normal(size=500)))
    made = Made(lambda rows: np.where(rows[:, 0] == "b", "yes", "no").astype(object), None, mixed)
    found = _explained(made, np.array(["b", 0.3], object))
    assert found["anchor"] == ["kind = b"]
    assert found["precision"] == 1.0
    assert found["coverage"] == pytest.approx((kinds == "b").mean())
    assert found["raw"]["prediction"] == ["yes"]


def test_a_prediction_that_never_changes_needs_no_condition(reference: Reference) -> None:
    found = _explained(Made(lambda rows: np.ones(len(rows), int), None, reference), ROWS[0])
    assert (found["anchor"], found["precision"], found["coverage"]) == ([], 1.0, 1.0)


def test_bounds_are_where_the_divergence_says() -> None:
    """Of 90 in 100, at the level log(1/0.05)/100: checked against the formula, solved by hand on a grid."""
    level = np.log(1 / 0.05) / 100
    grid = np.linspace(0.0001, 0.9999, 99_999)
    within = grid[0.9 * np.log(0.9 / grid) + 0.1 * np.log(0.1 / (1 - grid)) <= level]
    assert lower(np.array([0.9]), np.array([level]))[0] == pytest.approx(within.min(), abs=1e-4)
    assert upper(np.array([0.9]), np.array([level]))[0] == pytest.approx(within.max(), abs=1e-4)
    assert upper(np.array([1.0]), np.array([level]))[0] == 1.0


def test_conditions_are_written_as_one_interval() -> None:
    rule = (Condition(0, "<=", 2.0), Condition(1, "=", "a"), Condition(0, ">", 1.0))
    assert written(rule, ("oil", "kind")) == ["1 < oil <= 2", "kind = a"]
    assert not extends(rule, Condition(0, "<=", 3.0))
    assert extends(rule, Condition(0, "<=", 1.5))
