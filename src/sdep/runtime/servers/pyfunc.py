"""Every flavour that MLflow knows, through its own pyfunc."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.errors import LoadError
from sdep.runtime.servers.arrange import model_input, with_rows
from sdep.runtime.servers.invocation import Invocation
from sdep.runtime.servers.model import answer
from sdep.runtime.servers.scoring import Refusals, score
from sdep.runtime.servers.signature import Signature, read_signature
from sdep.runtime.servers.table_json import FORMATS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sdep.runtime.message import Payload


@dataclass(frozen=True, slots=True)
class PyfuncModel:
    """`pyfunc` is MLflow's `PyFuncModel`; `as_frame` is v1's `xtype: DataFrame`, for models without a signature."""

    pyfunc: Any
    signature: Signature
    as_frame: bool
    platform: str
    hinted: bool = False
    """Whether the signature was made of type hints: the model then takes Python's own values."""

    def predict(self, payload: Payload) -> Payload:
        if isinstance(payload.value, Invocation):
            return answer(payload, score(self.pyfunc, payload.value))
        invocation = _invocation(payload)
        if invocation is not None and (self.hinted or not self.signature.inputs):
            return answer(payload, score(self.pyfunc, invocation))
        read = with_rows(payload) if payload.kind == "invocation" else payload  # another model's result
        given = plain(read.value) if self.hinted else model_input(read, self.signature, as_frame=self.as_frame)
        params = payload.params if invocation is None else invocation.params
        with Refusals():
            return answer(payload, self.pyfunc.predict(given, params=dict(params)))


def _invocation(payload: Payload) -> Invocation | None:
    """What clients of the Seldon protocol write as those of MLflow's do: params beside a table in one of its formats."""
    body = payload.value
    written_so = payload.kind == "jsonData" and isinstance(body, dict) and not body.keys().isdisjoint(FORMATS)
    return Invocation(body) if written_so else None


def plain(value: object) -> object:
    return value.tolist() if isinstance(value, np.ndarray) else value


def pyfunc_model(unit: str, directory: Path, mlmodel: Mapping[str, Any], method: str, *, as_frame: bool) -> PyfuncModel:
    """`method` is asked of the model itself, where MLflow hands that out: a classifier's predict_proba, for instance."""
    pyfunc = import_module("mlflow.pyfunc").load_model(str(directory), suppress_warnings=True)
    if method and method != "predict":
        pyfunc = _with_method(unit, pyfunc, method)
    return PyfuncModel(
        pyfunc, read_signature(mlmodel), as_frame, _platform(mlmodel), bool(mlmodel.get("is_signature_from_type_hint"))
    )


def model_elsewhere(
    python: Path, directory: Path, mlmodel: Mapping[str, Any], method: str, *, as_frame: bool
) -> PyfuncModel:
    """In a process of an environment of its own."""
    from sdep.runtime.environment.pyfunc import WorkerPyfunc  # noqa: PLC0415 - most models need none

    return PyfuncModel(WorkerPyfunc(python, directory, method), read_signature(mlmodel), as_frame, _platform(mlmodel))


def _with_method(unit: str, pyfunc: Any, method: str) -> Any:  # noqa: ANN401 - MLflow is untyped
    try:
        model = pyfunc.get_raw_model()
    except NotImplementedError:
        model = pyfunc
    bound = getattr(model, method, None)
    if not callable(bound):
        raise LoadError(unit, f"parameter 'method': the model, a {type(model).__name__}, has no method '{method}'")
    return import_module("mlflow.pyfunc").PyFuncModel(pyfunc.metadata, _Implementation(bound))


class _Implementation:
    """What MLflow calls after it has read and checked the input."""

    def __init__(self, predict: Any) -> None:  # noqa: ANN401 - as above
        self._predict = predict

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> object:  # noqa: ANN401, ARG002 - called by MLflow
        result: object = self._predict(data)
        return result


def _platform(mlmodel: Mapping[str, Any]) -> str:
    named = [flavor for flavor in mlmodel.get("flavors", {}) if flavor != "python_function"]
    return str(named[0]) if named else "mlflow"
