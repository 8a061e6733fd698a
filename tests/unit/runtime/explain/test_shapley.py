"""TreeShap and KernelShap against the definition of Shapley values, and against the libraries that have their own."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import pytest
import xgboost
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeRegressor

from sdep.runtime.explain import kernel_shap, tree_shap
from sdep.runtime.explain.errors import NotExplainableError
from sdep.runtime.reference.reference import Reference
from tests.unit.runtime.explain.conftest import NAMES, PRICE, RISING, ROWS, Made
from tests.unit.runtime.explain.exact import background_worth, shapley, tree_worth

FEW = ROWS[:4]


def _values(model: Any, rows: np.ndarray = FEW) -> Any:  # noqa: ANN401 - any estimator
    made = Made(model.predict, model, None)
    tree_shap.check(made.context)
    return tree_shap.explain(rows, made.context).data


def test_a_tree_is_taken_apart_as_the_definition_says() -> None:
    """All coalitions of features, by hand, give the same to twelve digits."""
    tree = DecisionTreeRegressor(random_state=0, max_depth=8).fit(ROWS, PRICE)
    found = _values(tree)["shap_values"][0]
    for row, values in zip(FEW, found, strict=True):
        exact = shapley(lambda known, row=row: tree_worth(tree.tree_, row, known), 4)[:, 0]
        assert values == pytest.approx(exact, abs=1e-12)


def test_a_forest_of_classes_is_the_mean_of_its_trees(forest: RandomForestClassifier) -> None:
    found = _values(forest)["shap_values"]
    for output in (0, 1):
        exact = np.mean(
            [
                shapley(lambda known, tree=tree: tree_worth(tree.tree_, FEW[0], known), 4)[:, output]
                for tree in forest.estimators_
            ],
            axis=0,
        )
        assert found[output][0] == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize(
    ("model", "before_link"),
    [
        (RandomForestRegressor(5, random_state=0), "predict"),
        (ExtraTreesRegressor(5, random_state=0), "predict"),
        (GradientBoostingRegressor(n_estimators=10, random_state=0), "predict"),
        (HistGradientBoostingRegressor(max_iter=10), "predict"),
        (make_pipeline(StandardScaler(), RandomForestRegressor(5, random_state=0)), "predict"),
        (GradientBoostingClassifier(n_estimators=10, random_state=0), "decision_function"),
        (HistGradientBoostingClassifier(max_iter=10), "decision_function"),
    ],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
def test_values_sum_to_the_prediction_less_the_base(model: Any, before_link: str) -> None:  # noqa: ANN401
    """Of every ensemble of scikit-learn's, on the scale on which its trees are added up."""
    model.fit(ROWS, RISING if before_link == "decision_function" else PRICE)
    said = _values(model)
    predicted = getattr(model, before_link)(FEW)
    assert said["expected_value"][0] + said["shap_values"][0].sum(axis=1) == pytest.approx(predicted, abs=1e-9)
    assert said["link"] == ("logit" if before_link == "decision_function" else "identity")


def test_missing_values_go_where_the_model_sends_them() -> None:
    holes = ROWS.copy()
    holes[::3, 0] = np.nan
    tree = DecisionTreeRegressor(random_state=0, max_depth=6).fit(holes, PRICE)
    said = _values(tree, holes[:6])
    assert said["expected_value"][0] + said["shap_values"][0].sum(axis=1) == pytest.approx(tree.predict(holes[:6]))


def test_xgboost_and_lightgbm_give_their_own_contributions() -> None:
    """One output and three, the base apart from the features."""
    classes = np.digitize(PRICE, [-1, 1])
    one = xgboost.XGBRegressor(n_estimators=10, max_depth=3).fit(ROWS, PRICE)
    own = one.get_booster().predict(xgboost.DMatrix(FEW), pred_contribs=True)
    assert _values(one)["shap_values"][0] == pytest.approx(own[:, :-1])
    three = lightgbm.LGBMClassifier(n_estimators=10, num_leaves=7, verbose=-1).fit(ROWS, classes)
    said = _values(three)
    contributions = three.booster_.predict(FEW, pred_contrib=True).reshape(4, 3, 5)
    for output in range(3):
        assert said["shap_values"][output] == pytest.approx(contributions[:, output, :-1])
    assert said["expected_value"] == pytest.approx(contributions[0, :, -1])
    assert said["link"] == "logit"


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (LinearRegression(), "takes trees, and the model is a LinearRegression: use KernelShap"),
        (make_pipeline(OneHotEncoder(), DecisionTreeRegressor()), "behind the pipeline's step OneHotEncoder"),
        (None, "has only its address"),
    ],
)
def test_what_is_no_tree_is_told_so(model: object, words: str) -> None:
    with pytest.raises(NotExplainableError, match=words):
        tree_shap.check(Made(lambda rows: rows, model, None).context)


def test_kernel_values_are_exact_where_every_coalition_is_asked_about(
    boosted: GradientBoostingRegressor, reference: Reference
) -> None:
    """Against the definition, with the same background; and in three calls of the model for four rows."""
    made = Made(boosted.predict, None, reference, config={"n_background_samples": 50})
    said = kernel_shap.explain(FEW, made.context).data
    behind = kernel_shap.background(made.context).rows
    for row, values in zip(FEW, said["shap_values"][0], strict=True):
        exact = shapley(lambda known, row=row: background_worth(boosted.predict, row, behind, known), 4)[:, 0]
        assert values == pytest.approx(exact, abs=1e-9)
    assert made.asked.calls <= 3


def test_kernel_values_of_a_linear_model_are_its_terms(linear: LinearRegression, reference: Reference) -> None:
    """Each coefficient times the distance from the background's mean, for two outputs too."""
    made = Made(lambda rows: np.column_stack([linear.predict(rows), -linear.predict(rows)]), None, reference)
    said = kernel_shap.explain(FEW, made.context).data
    terms = linear.coef_ * (FEW - kernel_shap.background(made.context).rows.mean(axis=0))
    assert said["shap_values"][0] == pytest.approx(terms, abs=1e-9)
    assert said["shap_values"][1] == pytest.approx(-terms, abs=1e-9)


def test_many_features_are_estimated_from_a_budget_of_coalitions() -> None:
    """Twenty features, of which pairs interact: close to the exact values, summing exactly, alike each time."""
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(200, 20))

    def predict(given: np.ndarray) -> np.ndarray:
        return np.asarray(given[:, 0] * given[:, 1] + 3 * given[:, 2] + given[:, 10:].sum(axis=1))

    many = Reference(tuple(f"f{each}" for each in range(20)), tuple(rows.T))
    made = Made(predict, None, many, config={"n_background_samples": 20})
    said = kernel_shap.explain(rows[:1], made.context).data
    values = said["shap_values"][0][0]
    behind = kernel_shap.background(made.context).rows
    alone = 3 * (rows[0, 2] - behind[:, 2].mean())
    assert values[2] == pytest.approx(alone, abs=0.05)
    assert values.sum() == pytest.approx(predict(rows[:1])[0] - predict(behind).mean(), abs=1e-9)
    again = kernel_shap.explain(rows[:1], made.context).data["shap_values"][0][0]
    assert (again == values).all()


def test_labels_that_are_text_are_explained_as_their_share() -> None:
    """A classifier that answers "up" and "down" has an output for each, without being asked for probabilities."""
    labels = np.where(RISING, "up", "down").astype(object)
    model = KNeighborsClassifier().fit(ROWS, labels)
    made = Made(lambda rows: np.asarray(model.predict(rows), object), None, Reference(NAMES, tuple(ROWS.T)))
    said = kernel_shap.explain(FEW, made.context).data
    assert said["class_names"] == ("down", "up")
    assert said["shap_values"][0] == pytest.approx(-said["shap_values"][1])


def test_a_linear_pipeline_of_classes_has_two_outputs(reference: Reference) -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(ROWS, RISING)
    said = kernel_shap.explain(FEW, Made(model.predict_proba, None, reference).context).data
    total = said["expected_value"][1] + said["shap_values"][1].sum(axis=1)
    assert total == pytest.approx(model.predict_proba(FEW)[:, 1])


def test_kernel_values_without_reference_data_say_what_to_log() -> None:
    with pytest.raises(NotExplainableError, match=r"no reference data.*mlflow\.log_"):
        kernel_shap.check(Made(lambda rows: rows, None, None).context)
