"""The leaves of an ensemble of trees with the paths that lead to them, whose Shapley values are sums that NumPy makes at once.

A leaf is reached through d features. For each, `kept` says whether a row passes the splits on it, and `cover` which share of the training
data would. Where a feature that is not known passes with the chance `cover`, what the leaf gives is a product over the features,
and the Shapley value of feature j the integral, over t from 0 to 1, of

    value (kept_j - cover_j) prod over i != j of (t kept_i + (1 - t) cover_i)

which is a polynomial of degree d - 1: Gauss and Legendre's rule is exact with d/2 points. The values are those of TreeSHAP
(Lundberg, Erion and Lee 2018, "tree_path_dependent").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

MOST_CELLS = 4_000_000
"""Floats held at once, by row, leaf and feature."""
_LEAST_COVER = 1e-12


class Tree(NamedTuple):
    """By node; `left` is -1 for a leaf. `values` are (nodes, outputs); a value goes left where it is at most the threshold."""

    left: Array
    right: Array
    feature: Array
    threshold: Array
    missing_left: Array
    weight: Array
    values: Array


class Leaves(NamedTuple):
    """Those of all trees whose paths have the same number of features: (leaves, features), and `values` (leaves, outputs).

    A row passes a feature where its value is above `low` and at most `high`; where it is missing, if `missing`.
    """

    features: Array
    low: Array
    high: Array
    missing: Array
    cover: Array
    values: Array


class _Passed(NamedTuple):
    low: float = -np.inf
    high: float = np.inf
    missing: bool = True
    cover: float = 1.0


_Path = dict[int, _Passed]


def leaves_of(trees: Iterable[Tree]) -> list[Leaves]:
    """By the number of features of their paths."""
    found: dict[int, list[tuple[_Path, Array]]] = {}
    for tree in trees:
        for node, path in _paths(tree):
            found.setdefault(len(path), []).append((path, tree.values[node]))
    return [_leaves(each) for _, each in sorted(found.items())]


def _paths(tree: Tree) -> Iterator[tuple[int, _Path]]:
    waiting: list[tuple[int, _Path]] = [(0, {})]
    while waiting:
        node, path = waiting.pop()
        if tree.left[node] < 0:
            yield node, path
            continue
        feature, threshold = int(tree.feature[node]), float(tree.threshold[node])
        before, to_left = path.get(feature, _Passed()), bool(tree.missing_left[node])
        for child, is_left in ((int(tree.left[node]), True), (int(tree.right[node]), False)):
            low, high = (
                (before.low, min(before.high, threshold)) if is_left else (max(before.low, threshold), before.high)
            )
            share = max(float(tree.weight[child] / tree.weight[node]), _LEAST_COVER)
            passed = _Passed(low, high, before.missing and to_left == is_left, before.cover * share)
            waiting.append((child, {**path, feature: passed}))


def _leaves(found: Sequence[tuple[_Path, Array]]) -> Leaves:
    shape = (len(found), len(found[0][0]))
    passed = [list(path.values()) for path, _ in found]
    low, high, missing, cover = (
        np.array([[each[place] for each in path] for path in passed]).reshape(shape) for place in range(4)
    )
    features = np.array([list(path) for path, _ in found], int).reshape(shape)
    return Leaves(features, low, high, missing.astype(bool), cover, np.array([value for _, value in found]))


def expected(groups: Sequence[Leaves]) -> Array:
    """The mean over the training data, by output."""
    return np.asarray(sum(leaves.cover.prod(axis=1) @ leaves.values for leaves in groups))


def shapley_values(groups: Sequence[Leaves], rows: Array) -> Array:
    """By row, feature and output."""
    found = np.zeros((*rows.shape, groups[0].values.shape[1]))
    for leaves in groups:
        size = max(1, MOST_CELLS // max(1, leaves.features.size))
        for start in range(0, len(rows) if leaves.features.size else 0, size):
            _add(leaves, rows[start : start + size], found[start : start + size])
    return found


def _add(leaves: Leaves, rows: Array, found: Array) -> None:
    kept = _kept(leaves, rows)
    points, weights = np.polynomial.legendre.leggauss((leaves.features.shape[1] + 1) // 2)
    total = np.zeros(kept.shape)
    for point, weight in zip((points + 1) / 2, weights / 2, strict=True):
        factors = point * kept + (1 - point) * leaves.cover
        total += weight * factors.prod(axis=2, keepdims=True) / factors
    total *= kept - leaves.cover
    places = leaves.features.ravel()
    for row, parts in zip(found, total, strict=True):
        for output in range(leaves.values.shape[1]):
            by_leaf = (parts * leaves.values[:, output, None]).ravel()
            row[:, output] += np.bincount(places, by_leaf, len(row))


def _kept(leaves: Leaves, rows: Array) -> Array:
    values = rows[:, leaves.features]
    within = (values > leaves.low) & (values <= leaves.high)
    return np.where(np.isnan(values), leaves.missing, within).astype(float)
