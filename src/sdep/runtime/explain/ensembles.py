"""scikit-learn's ensembles of trees, as trees whose values sum to what the ensemble gives before its link."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from sdep.runtime.explain.trees import Tree

Array = np.ndarray[Any, Any]


class Ensemble(NamedTuple):
    """`offset` (outputs) is added to the trees' sum; `single` compares values as 32-bit floats, as the library does."""

    trees: list[Tree]
    offset: Array
    link: str = "identity"
    single: bool = True


def ensemble_of(model: Any) -> Ensemble | None:  # noqa: ANN401 - any estimator
    """None for what is no ensemble of trees that is known here."""
    if not type(model).__module__.startswith("sklearn."):
        return None
    for name, made in _KINDS.items():
        if type(model).__name__.startswith(name):
            return made(model)
    return None


def _forest(model: Any) -> Ensemble:  # noqa: ANN401 - as above
    members = getattr(model, "estimators_", None) or [model]
    classifier = hasattr(model, "classes_")
    trees = [_tree(each.tree_, 1 / len(members), classifier=classifier) for each in members]
    return Ensemble(trees, np.zeros(trees[0].values.shape[1]))


def _tree(tree: Any, scale: float, *, classifier: bool) -> Tree:  # noqa: ANN401 - as above
    """A classifier's values become shares of the node's classes."""
    values = tree.value[:, 0, :] if tree.value.shape[1] == 1 else tree.value[:, :, 0]
    if classifier:
        values = values / values.sum(axis=1, keepdims=True)
    missing = getattr(tree, "missing_go_to_left", np.zeros(tree.node_count, bool))
    return Tree(
        tree.children_left,
        tree.children_right,
        tree.feature,
        tree.threshold,
        missing,
        tree.weighted_n_node_samples,
        values * scale,
    )


def _boosting(model: Any) -> Ensemble:  # noqa: ANN401 - as above
    start = model._raw_predict_init(np.zeros((1, model.n_features_in_), np.float32))[0]  # noqa: SLF001 - no public word for it
    members = model.estimators_
    trees = [
        _one_output(_tree(each.tree_, model.learning_rate, classifier=False), output, members.shape[1])
        for stage in members
        for output, each in enumerate(stage)
    ]
    return Ensemble(trees, np.asarray(start, float), "logit" if hasattr(model, "classes_") else "identity")


def _histogram(model: Any) -> Ensemble | None:  # noqa: ANN401 - as above
    """None where it splits by categories."""
    stages = model._predictors  # noqa: SLF001 - no public word for it
    if any(tree.nodes["is_categorical"].any() for stage in stages for tree in stage):
        return None
    trees = [
        _one_output(_of_nodes(tree.nodes), output, len(stage)) for stage in stages for output, tree in enumerate(stage)
    ]
    start = np.asarray(model._baseline_prediction, float).reshape(-1)  # noqa: SLF001 - as above
    return Ensemble(trees, start, "logit" if hasattr(model, "classes_") else "identity", single=False)


def _of_nodes(nodes: Any) -> Tree:  # noqa: ANN401 - a structured array
    leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        np.where(leaf, -1, nodes["left"].astype(int)),
        np.where(leaf, -1, nodes["right"].astype(int)),
        nodes["feature_idx"],
        nodes["num_threshold"],
        nodes["missing_go_to_left"],
        nodes["count"],
        nodes["value"][:, None].astype(float),
    )


def _one_output(tree: Tree, output: int, outputs: int) -> Tree:
    values = np.zeros((len(tree.values), outputs))
    values[:, output] = tree.values[:, 0]
    return tree._replace(values=values)


_KINDS: dict[str, Callable[[Any], Ensemble | None]] = {
    "RandomForest": _forest,
    "ExtraTrees": _forest,
    "DecisionTree": _forest,
    "ExtraTree": _forest,
    "GradientBoosting": _boosting,
    "HistGradientBoosting": _histogram,
}
