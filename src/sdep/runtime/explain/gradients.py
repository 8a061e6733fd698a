"""The derivatives of scikit-learn's smooth models by their inputs, written out: linear ones, logistic ones, perceptrons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
EXPONENTIAL_LINKS = frozenset({"PoissonRegressor", "GammaRegressor", "TweedieRegressor"})
"""Linear inside, but not in what they predict."""


class Smooth(NamedTuple):
    """`answers` (rows, outputs); `slopes` (rows, features, outputs) are their derivatives."""

    answers: Callable[[Array], Array]
    slopes: Callable[[Array], Array]


def smooth(model: Any) -> Smooth | None:  # noqa: ANN401 - any estimator
    """None for what has no derivatives that are known here."""
    name = type(model).__name__
    if not type(model).__module__.startswith("sklearn."):
        return None
    if name.startswith("MLP"):
        return _perceptron(model)
    if not hasattr(model, "coef_") or hasattr(model, "support_vectors_") or name in EXPONENTIAL_LINKS:
        return None
    coefficients = np.atleast_2d(np.asarray(model.coef_, float)).T
    intercept = np.atleast_1d(np.asarray(model.intercept_, float))
    if not hasattr(model, "classes_"):
        return _layered([coefficients], [intercept], "identity", "identity")
    if name in {"LogisticRegression", "LogisticRegressionCV"}:
        return _layered([coefficients], [intercept], "identity", "softmax" if coefficients.shape[1] > 1 else "logistic")
    return None


def _perceptron(model: Any) -> Smooth | None:  # noqa: ANN401 - as above
    return _layered(model.coefs_, model.intercepts_, model.activation, model.out_activation_)


def _layered(weights: Sequence[Array], biases: Sequence[Array], inner: str, outer: str) -> Smooth | None:
    if inner not in _SLOPES or outer not in {*_SLOPES, "softmax"}:
        return None
    layers = _Layers(weights, biases, inner, outer)
    return Smooth(layers.answers, layers.slopes)


class _Layers(NamedTuple):
    """A perceptron; a linear model is one of a single layer."""

    weights: Sequence[Array]
    biases: Sequence[Array]
    inner: str
    outer: str

    def answers(self, rows: Array) -> Array:
        found = self._forward(rows)[-1]
        return np.column_stack([1 - found, found]) if self._binary(found) else found

    def slopes(self, rows: Array) -> Array:
        """From the output backwards, by the chain rule."""
        given = self._forward(rows)
        change = self._last(given[-1])
        for index in reversed(range(len(self.weights))):
            change = np.einsum("ij,rjo->rio", self.weights[index], change)
            if index:
                change *= _SLOPES[self.inner](given[index])[:, :, None]
        return np.concatenate([-change, change], axis=2) if self._binary(given[-1]) else change

    def _forward(self, rows: Array) -> list[Array]:
        """What each layer gives, the rows themselves first."""
        given = [rows]
        for index, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            name = self.outer if index == len(self.weights) - 1 else self.inner
            given.append(_activated(given[-1] @ weight + bias, name))
        return given

    def _last(self, found: Array) -> Array:
        """The derivatives of the outputs by their sums: (rows, sums, outputs)."""
        own = np.eye(found.shape[1])
        if self.outer == "softmax":
            return np.asarray(found[:, :, None] * own - found[:, :, None] * found[:, None, :])
        return np.asarray(_SLOPES[self.outer](found)[:, :, None] * own)

    def _binary(self, found: Array) -> bool:
        """Whether one output stands for the second of two classes."""
        return self.outer == "logistic" and found.shape[1] == 1


def _activated(sums: Array, name: str) -> Array:
    if name == "softmax":
        powers = np.exp(sums - sums.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))
    if name == "logistic":
        return np.asarray(1 / (1 + np.exp(-sums)))
    if name == "tanh":
        return np.tanh(sums)
    return np.maximum(sums, 0) if name == "relu" else sums


_SLOPES: dict[str, Callable[[Array], Array]] = {
    "identity": np.ones_like,
    "relu": lambda given: (given > 0).astype(float),
    "tanh": lambda given: 1 - given**2,
    "logistic": lambda given: given * (1 - given),
}
"""Their derivatives, by what they gave."""
