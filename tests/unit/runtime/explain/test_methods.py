"""The other methods, each against what is known of its model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.inspection import permutation_importance as of_sklearn
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from sdep.contract import EXPLAINERS, NEED_NO_REFERENCE
from sdep.errors import InvalidError
from sdep.runtime.explain import (
    ale,
    counterfactuals,
    integrated_gradients,
    lime_tabular,
    permutation_importance,
)
from sdep.runtime.explain.errors import NotExplainableError
from sdep.runtime.explain.gradients import smooth
from sdep.runtime.explain.methods import METHODS, method
from sdep.runtime.reference.reference import Reference
from tests.unit.runtime.explain.conftest import NAMES, PRICE, RISING, ROWS, Made


def test_lime_tells_the_features_that_count(reference: Reference) -> None:
    """A row with much oil: it raises the prediction, gas takes from it, and rain does nothing."""
    made = Made(lambda rows: 2 * rows[:, 0] - rows[:, 1], None, reference)
    lime_tabular.check(made.context)
    row = np.array([2.0, 2.0, 0.0, 0.0])
    said = lime_tabular.explain(row[None], made.context).data
    oil, gas, fx, rain = said["contributions"]
    assert oil > 1 > -0.5 > gas
    assert max(abs(fx), abs(rain)) < 0.1 * oil
    assert said["base_value"] + said["contributions"].sum() == pytest.approx(said["local_prediction"])
    assert said["conditions"][0].startswith("oil > ")
    assert made.asked.calls == 1
    assert (lime_tabular.explain(row[None], made.context).data["contributions"] == said["contributions"]).all()


def test_permutation_importance_agrees_with_scikit_learns(
    boosted: GradientBoostingRegressor, reference: Reference
) -> None:
    """The same loss: means over thirty repeats within the spread of both."""
    made = Made(boosted.predict, None, reference, config={"n_repeats": 30})
    permutation_importance.check(made.context)
    said = permutation_importance.explain(ROWS[:1], made.context).data["feature_importance"][0]
    theirs = of_sklearn(boosted, ROWS, PRICE, scoring="neg_mean_squared_error", n_repeats=30, random_state=1)
    assert [each["mean"] for each in said] == pytest.approx(theirs.importances_mean, rel=0.05, abs=0.01)


def test_permutation_importance_needs_the_truth(reference: Reference) -> None:
    without = Reference(reference.names, reference.columns)
    with pytest.raises(NotExplainableError, match="has no outputs"):
        permutation_importance.check(Made(lambda rows: rows[:, 0], None, without).context)


def test_ale_of_a_linear_model_is_its_slopes(linear: LinearRegression, reference: Reference) -> None:
    """Straight lines, with the mean 0 over the data, from one call of the model."""
    made = Made(linear.predict, None, reference)
    ale.check(made.context)
    made.asked.calls = 0
    said = ale.explain(ROWS[:1], made.context).data
    for feature, (points, values) in enumerate(zip(said["feature_values"], said["ale_values"], strict=True)):
        assert np.diff(values[:, 0]) / np.diff(points) == pytest.approx(linear.coef_[feature])
        at_data = np.interp(ROWS[:, feature], points, values[:, 0])
        assert at_data.mean() == pytest.approx(0, abs=0.05)
    assert made.asked.calls == 1


@pytest.mark.parametrize(
    "model",
    [
        LinearRegression(),
        LogisticRegression(),
        MLPRegressor(hidden_layer_sizes=(5, 4), activation="tanh", max_iter=30),
        MLPClassifier((6,), activation="logistic", max_iter=30),
        MLPClassifier((6,), activation="relu", max_iter=30),
    ],
    ids=lambda each: f"{type(each).__name__} {getattr(each, 'activation', '')}",
)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_slopes_are_the_derivatives(model: Any) -> None:  # noqa: ANN401
    """Against differences of the model's own answers."""
    classes = hasattr(model, "predict_proba")
    model.fit(ROWS, np.digitize(PRICE, [-1, 1]) if classes else PRICE)
    answers = model.predict_proba if classes else lambda rows: model.predict(rows).reshape(len(rows), -1)
    found = smooth(model)
    assert found is not None
    assert found.answers(ROWS[:5]) == pytest.approx(answers(ROWS[:5]))
    step = 1e-5
    for feature in range(4):
        moved = [ROWS[:5].copy(), ROWS[:5].copy()]
        moved[0][:, feature] += step
        moved[1][:, feature] -= step
        difference = (answers(moved[0]) - answers(moved[1])) / (2 * step)
        assert found.slopes(ROWS[:5])[:, feature] == pytest.approx(difference, abs=1e-5)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_integrated_gradients_sum_to_the_difference_from_the_baseline(reference: Reference) -> None:
    """Through a pipeline's scaler, of two classes; and from zeros where there is no data."""
    model = make_pipeline(StandardScaler(), MLPClassifier((6,), activation="tanh", max_iter=50)).fit(ROWS, RISING)
    made = Made(model.predict_proba, model, reference)
    integrated_gradients.check(made.context)
    said = integrated_gradients.explain(ROWS[:5], made.context).data
    assert np.abs(said["deltas"]).max() < 1e-6
    assert said["predictions"] == pytest.approx(model.predict_proba(ROWS[:5]))
    alone = integrated_gradients.explain(ROWS[:1], Made(model.predict_proba, model, None).context).data
    assert (alone["baselines"][0] == 0).all()


def test_a_model_without_gradients_is_told_what_has_them(forest: RandomForestClassifier) -> None:
    with pytest.raises(NotExplainableError, match="RandomForestClassifier has none here: use TreeShap"):
        integrated_gradients.check(Made(forest.predict, forest, None).context)


def test_a_counterfactual_is_answered_otherwise_and_changes_little(reference: Reference) -> None:
    """The model rises where oil > 0: oil alone changes, to just beyond it."""
    made = Made(lambda rows: np.where(rows[:, 0] > 0, 1, 0), None, reference)
    counterfactuals.check(made.context)
    said = counterfactuals.explain(np.array([[-1.0, 5.0, 2.0, 1.0]]), made.context).data
    assert said["success"] is True
    assert list(said["cf"]["changes"]) == ["oil"]
    assert 0 < said["cf"]["X"][0] < 0.01
    assert (said["orig_class"], said["cf"]["class"]) == (0, 1)
    assert all(each["class"] == 1 for each in said["all"])


def test_a_counterfactual_keeps_whole_numbers_whole() -> None:
    rng = np.random.default_rng(0)
    counts = Reference(
        ("count", "kind"), (rng.integers(0, 50, 300).astype(float), rng.choice(np.array(["a", "b"], object), 300))
    )
    made = Made(lambda rows: np.array([row[0] > 20 and row[1] == "b" for row in rows]), None, counts)
    said = counterfactuals.explain(np.array([[10.0, "b"]], object), made.context).data
    assert said["cf"]["changes"] == {"count": {"from": 10.0, "to": 21.0}}


def test_there_may_be_no_counterfactual(reference: Reference) -> None:
    made = Made(lambda rows: np.zeros(len(rows), int), None, reference)
    said = counterfactuals.explain(ROWS[:1], made.context).data
    assert (said["success"], said["cf"], said["all"]) == (False, None, [])


@pytest.mark.parametrize("name", METHODS)
def test_a_flag_that_cannot_be_read_is_named(name: str, linear: LinearRegression, reference: Reference) -> None:
    """Before anybody asks: every number that a method reads, with a word in its place."""
    flags = ("threshold", "tolerance", "nsamples", "n_background_samples", "num_samples", "max_points", "n_repeats")
    config = dict.fromkeys((*flags, "n_steps", "starts", "interactions"), "many")
    with pytest.raises(InvalidError, match=r"explainer\.config\.\w+ must be .*, not 'many'"):
        method(name).check(Made(linear.predict, linear, reference, config=config).context)


def test_an_unknown_type_is_told_which_there_are() -> None:
    with pytest.raises(InvalidError, match="'AnchorText' is none of AnchorTabular, KernelShap"):
        method("AnchorText")


def test_the_operator_knows_the_same_types() -> None:
    """What a manifest may name is what there is."""
    assert set(METHODS) == EXPLAINERS


@pytest.mark.parametrize("name", sorted(EXPLAINERS))
def test_what_needs_reference_data_is_what_the_operator_waits_for(name: str, linear: LinearRegression) -> None:
    """Without any, each type says so, but for those of which the operator knows that they can do without."""
    model = DecisionTreeRegressor().fit(ROWS, PRICE) if name == "TreeShap" else linear
    context = Made(linear.predict, model, None).context
    if name in NEED_NO_REFERENCE:
        method(name).check(context)
    else:
        with pytest.raises(NotExplainableError, match="there is no reference data"):
            method(name).check(context)


def test_names_are_the_reference_datas(reference: Reference) -> None:
    made = Made(lambda rows: rows[:, 0], None, reference)
    assert lime_tabular.explain(ROWS[:1], made.context).data["feature_names"] == NAMES
