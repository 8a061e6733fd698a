"""scikit-learn estimators, called without MLflow in between."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from sdep.runtime.servers.arrange import matrix_type
from sdep.runtime.servers.linear import direct_predict
from sdep.runtime.servers.native import NativeModel
from sdep.runtime.servers.scoring import Twin
from sdep.runtime.servers.signature import Column, Signature

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

_FRAME_READERS = ("ColumnTransformer", "FunctionTransformer", "TableVectorizer")
_HOLDERS = ("estimator", "estimators", "steps", "transformer_list", "transformers")


def sklearn_model(
    estimator: Any,  # noqa: ANN401 - any estimator
    method: str,
    signature: Signature,
    directory: Path | None = None,
) -> NativeModel:
    """Bind `method`, or predict where there is no such thing: v1's default asks regressors for probabilities.

    `directory` is where MLflow saved it, None where something else did.
    """
    whole = getattr(estimator, method, None) or estimator.predict
    signature = signature if signature.inputs else _fitted_names(estimator, signature)
    dtype = _array_type(estimator, signature)
    if dtype is not None:
        estimator = nameless(estimator)
    bound = getattr(estimator, method, None) or estimator.predict
    if dtype is not None and bound == estimator.predict:
        bound = direct_predict(estimator) or bound
    twin = Twin(directory, whole) if directory is not None else None
    return NativeModel(bound, signature, dtype, "sklearn", getattr(estimator, "n_features_in_", None), twin)


def nameless(estimator: Any) -> Any:  # noqa: ANN401 - any estimator
    """Copy without the fitted columns' names, which would be looked for, and missed with a warning, in every array."""
    made = copy.copy(estimator)
    if hasattr(made, "steps"):
        made.steps = [(name, nameless(step)) for name, step in made.steps]
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
