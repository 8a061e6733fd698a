"""What is explained: the model in this process where its folder is here, else the predictor at its address."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.contract import ServedParameter, ServedUnit
from sdep.runtime.errors import BadDataError
from sdep.runtime.explain.artifact import no_artifact, read_artifact
from sdep.runtime.explain.asking import Asking
from sdep.runtime.explain.config import Config
from sdep.runtime.explain.context import WHAT_TO_DO, Context, Predict
from sdep.runtime.explain.native import implementation_of, native_model
from sdep.runtime.message import NUMERIC, Payload, in_rows
from sdep.runtime.reference.reference import FOLDER, ReferenceNotFoundError, read_reference
from sdep.runtime.servers.load import load_model
from sdep.runtime.servers.warmup import input_example

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sdep.contract import ServedExplainer
    from sdep.runtime.explain.settings import ExplainSettings
    from sdep.runtime.servers.model import Model

Array = np.ndarray[Any, Any]


def load_context(settings: ExplainSettings) -> Context:
    """`LoadError`, `InvalidError`, for what cannot be loaded. Without reference data each method says what it makes of that."""
    told = settings.explainer
    directory, trained = settings.directory(told.model_directory), settings.directory(told.explainer_directory)
    artifact = read_artifact(trained, told.type) if trained is not None else no_artifact()
    reference, missing = artifact.reference, WHAT_TO_DO
    if reference is None and directory is not None:
        try:
            reference = read_reference(directory / FOLDER)
        except ReferenceNotFoundError as error:
            missing = error.message
    made = Context(
        predict=_nobody,
        reference=reference,
        config=Config({**artifact.config, **told.config}),
        ahead=artifact.ahead,
        seed=settings.seed,
        missing=missing,
        names=reference.names if reference is not None else (),
    )
    return replace(made, predict=Asking(told, made.names)) if directory is None else _local(told, directory, made)


def _nobody(_: Array) -> Array:
    raise NotImplementedError


def _local(told: ServedExplainer, directory: Path, made: Context) -> Context:
    model = load_model(_unit(told, directory), directory)
    names = made.names or tuple(column.name for column in model.signature.columns)
    native = lru_cache(maxsize=1)(lambda: native_model(directory))
    return replace(made, predict=predicting(model, names), names=names, native=native, example=input_example(directory))


def _unit(told: ServedExplainer, directory: Path) -> ServedUnit:
    """As the predictor loads it; the flag `predict_method` names another method of the model."""
    method = told.config.get("predict_method", "")
    given = (ServedParameter(name="predict_method", value=method, type="STRING"),) if method else ()
    implementation = told.implementation or implementation_of(directory)
    return ServedUnit(name=told.model, implementation=implementation, parameters=(*told.parameters, *given))


def predicting(model: Model, names: Sequence[str]) -> Predict:
    def predict(rows: Array) -> Array:
        payload = Payload(rows, "tensor" if rows.dtype.kind in NUMERIC else "ndarray", tuple(names))
        found = in_rows(model.predict(payload)).value
        if not isinstance(found, np.ndarray) or len(found) != len(rows):
            raise BadDataError("the model answers with something else than one row for each that it is sent")
        return found

    return predict
