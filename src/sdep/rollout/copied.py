"""A predictor more than the manifest has: made of one that it has."""

from __future__ import annotations

from sdep.api.predictor import Predictor
from sdep.api.seldon_deployment import SeldonDeployment


def copy_of(predictor: Predictor, name: str) -> Predictor:
    """The same under another name, without traffic of its own, nor what only one can have."""
    annotations = {key: value for key, value in (predictor.annotations or {}).items() if key != "seldon.io/svc-name"}
    made = {
        "name": name,
        "traffic": 0,
        "labels": {**(predictor.labels or {}), "version": name},
        "annotations": annotations or None,
        "explainer": None,
    }
    return predictor.model_copy(update=made)


def with_predictor(sdep: SeldonDeployment, made: Predictor) -> SeldonDeployment:
    """It comes last, so that no port of another predictor is counted anew."""
    predictors = [*sdep.spec.predictors, made]
    return sdep.model_copy(update={"spec": sdep.spec.model_copy(update={"predictors": predictors})})
