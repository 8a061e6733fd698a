"""Shapley values by their definition, over all coalitions: slow, and nothing in common with what is tested."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def shapley(worth: Callable[[frozenset[int]], Array], width: int) -> Array:
    """Of each of `width` features, where `worth` says what the model gives when these features are known."""
    found = []
    for feature in range(width):
        others = [each for each in range(width) if each != feature]
        total = 0 * worth(frozenset())
        for size in range(width):
            weight = factorial(size) * factorial(width - size - 1) / factorial(width)
            for some in combinations(others, size):
                total = total + weight * (worth(frozenset({*some, feature})) - worth(frozenset(some)))
        found.append(total)
    return np.array(found)


def tree_worth(tree: Any, row: Array, known: frozenset[int], node: int = 0) -> Array:  # noqa: ANN401 - sklearn's Tree
    """What a tree of scikit-learn gives when unknown features go both ways, as the training data did."""
    if tree.children_left[node] < 0:
        value: Array = tree.value[node, 0]
        return value
    left, right = tree.children_left[node], tree.children_right[node]
    if tree.feature[node] in known:
        goes_left = np.float32(row[tree.feature[node]]) <= tree.threshold[node]
        return tree_worth(tree, row, known, left if goes_left else right)
    weights = tree.weighted_n_node_samples
    parts = [weights[each] / weights[node] * tree_worth(tree, row, known, each) for each in (left, right)]
    return parts[0] + parts[1]


def background_worth(predict: Callable[[Array], Array], row: Array, behind: Array, known: frozenset[int]) -> Array:
    """The mean prediction when unknown features are those of the background."""
    rows = behind.copy()
    rows[:, list(known)] = row[list(known)]
    mean: Array = np.asarray(predict(rows)).reshape(len(rows), -1).mean(axis=0)
    return mean
