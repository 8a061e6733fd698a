"""The derivatives of scikit-learn's smooth models by their inputs, written out: linear ones, logistic ones, perceptrons."""

from __future__ import annotations

from collections.abc import Callable
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


def _layered(weights: list[Array], biases: list[Array], inner: str, outer: str) -> Smooth | None:
    if inner not in _ACTIVATIONS or outer not in {*_ACTIVATIONS, "softmax"}:
        return None

    def forward(rows: Array) -> list[Array]:
        """What each layer gives."""
        layers = [rows]
        for index, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            sums = layers[-1] @ weight + bias
            layers.append(_activated(sums, outer if index == len(weights) - 1 else inner))
        return layers

    def answers(rows: Array) -> Array:
        found = forward(rows)[-1]
        return np.column_stack([1 - found, found]) if outer == "logistic" and found.shape[1] == 1 else found

    def slopes(rows: Array) -> Array:
        layers = forward(rows)
        last = layers[-1]
        if outer == "softmax":
            change = np.einsum("ri,ij->rij", last, np.eye(last.shape[1])) - np.einsum("ri,rj->rij", last, last)
        else:
            change = _ACTIVATIONS[outer](last)[:, :, None] * np.eye(last.shape[1])
        for index in reversed(range(len(weights))):
            change = np.einsum("ij,rjo->rio", weights[index], change)
            if index:
                change *= _ACTIVATIONS[inner](layers[index])[:, :, None]
        return np.concatenate([-change, change], axis=2) if outer == "logistic" and last.shape[1] == 1 else change

    return Smooth(answers, slopes)


def _activated(sums: Array, name: str) -> Array:
    if name == "softmax":
        powers = np.exp(sums - sums.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))
    if name == "logistic":
        return np.asarray(1 / (1 + np.exp(-sums)))
    if name == "tanh":
        return np.tanh(sums)
    return np.maximum(sums, 0) if name == "relu" else sums


_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "identity": np.ones_like,
    "relu": lambda given: (given > 0).astype(float),
    "tanh": lambda given: 1 - given**2,
    "logistic": lambda given: given * (1 - given),
}
"""Their derivatives, by what they gave."""
