"""scikit-learn estimators, called without MLflow in between."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.errors import BadDataError
from sdep.runtime.servers.arrange import bare, frame, matrix, matrix_type, tensor, with_rows
from sdep.runtime.servers.columns import table
from sdep.runtime.servers.linear import direct_predict
from sdep.runtime.servers.model import answer
from sdep.runtime.servers.signature import Column, Signature

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdep.runtime.message import Payload

_FRAME_READERS = ("ColumnTransformer", "FunctionTransformer", "TableVectorizer")
_HOLDERS = ("estimator", "estimators", "steps", "transformer_list", "transformers")


@dataclass(frozen=True, slots=True)
class SklearnModel:
    """`method` is bound: predict, predict_proba, …; `dtype` is set where an array may stand for a DataFrame."""

    estimator: Any
    method: Callable[[Any], Any]
    signature: Signature
    dtype: np.dtype[Any] | None
    platform: str = "sklearn"

    def predict(self, payload: Payload) -> Payload:
        given = self._input(with_rows(payload))
        try:
            return answer(payload, self.method(given))
        except ValueError as error:  # shape and types were checked, so this is about the values: NaN, most often
            first_line = str(error).partition("\n")[0]
            raise BadDataError(f"the model refuses these values: {first_line}") from error

    def _input(self, payload: Payload) -> object:
        if self.dtype is not None:
            return matrix(payload, self.signature.columns, self.dtype)
        if self.signature.columns:
            return frame(payload, self.signature.columns)
        if self.signature.tensors:
            return tensor(payload, self.signature.tensors[0])
        return self._bare(payload)

    def _bare(self, payload: Payload) -> np.ndarray[Any, Any]:
        """No signature: the rows as they came, but as many values in each as the estimator was fitted with."""
        rows = table(payload) if hasattr(self.estimator, "n_features_in_") else bare(payload)
        wanted = getattr(self.estimator, "n_features_in_", None)
        if wanted is not None and rows.shape[1] != wanted:
            raise BadDataError(f"rows hold {rows.shape[1]} values, and the model was fitted with {wanted}")
        return rows


def sklearn_model(estimator: Any, method: str, signature: Signature) -> SklearnModel:  # noqa: ANN401 - any estimator
    """Bind `method`, or predict where there is no such thing: v1's default asks regressors for probabilities."""
    signature = signature if signature.inputs else _fitted_names(estimator, signature)
    dtype = _array_type(estimator, signature)
    if dtype is not None:
        estimator = _nameless(estimator)
    bound = getattr(estimator, method, None) or estimator.predict
    if dtype is not None and bound == estimator.predict:
        bound = direct_predict(estimator) or bound
    return SklearnModel(estimator, bound, signature, dtype)


def _nameless(estimator: Any) -> Any:  # noqa: ANN401 - any estimator
    """Copy without the fitted columns' names, which would be looked for, and missed with a warning, in every array."""
    made = copy.copy(estimator)
    if hasattr(made, "steps"):
        made.steps = [(name, _nameless(step)) for name, step in made.steps]
    vars(made).pop("feature_names_in_", None)
    return made


def _fitted_names(estimator: Any, signature: Signature) -> Signature:  # noqa: ANN401 - any estimator
    """Names that the fit saw: an estimator fitted on a DataFrame knows them even where nobody saved a signature."""
    names = getattr(estimator, "feature_names_in_", ())
    return signature._replace(columns=tuple(Column(str(name)) for name in names))


def _array_type(estimator: Any, signature: Signature) -> np.dtype[Any] | None:  # noqa: ANN401 - any estimator
    """Only for what is scikit-learn's own all the way down: nothing in there may look columns up by name."""
    steps = [step for _, step in getattr(estimator, "steps", [("", estimator)])]
    own = all(type(step).__module__.startswith("sklearn.") for step in steps)
    if not own or any(reader in repr(type(step)) for step in steps for reader in _FRAME_READERS):
        return None
    return matrix_type(signature.columns) if not _nested(steps) else None


def _nested(steps: list[Any]) -> bool:
    """Whether one holds other estimators (grid search, voting, union), which may be of any kind and read columns."""
    held = (step.get_params(deep=False).get(name) for step in steps for name in _HOLDERS)
    return any(inner is not None for inner in held)
