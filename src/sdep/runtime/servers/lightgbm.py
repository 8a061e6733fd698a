"""LightGBM models, as MLflow saves them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.servers.boosted import Boosted
from sdep.runtime.servers.pickles import unpickled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Array = np.ndarray[Any, Any]

BOOSTER = "lightgbm.basic.Booster"


def lightgbm_of_mlflow(directory: Path, flavor: Mapping[str, Any], method: str) -> Boosted | None:
    """None for a class that is not the library's own, or that has no such method."""
    path, name = directory / flavor["data"], str(flavor.get("model_class", BOOSTER))
    if name == BOOSTER:
        booster = import_module("lightgbm").Booster(model_file=path)
        same = booster.predict
        return Boosted(same, same, booster.num_feature(), "lightgbm") if method == "predict" else None
    if not name.startswith("lightgbm."):
        return None
    model = unpickled(path, flavor)
    bound = getattr(model, method, None)
    if bound is None:
        return None
    return Boosted(bound, _direct(model, method) or bound, model.n_features_in_, "lightgbm")


def _direct(model: Any, method: str) -> Callable[[Array], Array] | None:  # noqa: ANN401 - untyped without the library
    """The booster inside, without scikit-learn's checks, which cost more than the trees of a small model."""
    predict = model.booster_.predict
    classes = getattr(model, "classes_", None)
    if classes is None:
        return predict if method == "predict" else None

    def probabilities(rows: Array) -> Array:
        of_one = np.asarray(predict(rows))
        return of_one if of_one.ndim > 1 else np.vstack((1.0 - of_one, of_one)).T

    def labels(rows: Array) -> Array:
        return np.asarray(classes[np.argmax(probabilities(rows), axis=1)])

    return {"predict": labels, "predict_proba": probabilities}.get(method)
