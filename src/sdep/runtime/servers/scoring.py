"""MLflow's own reading of its scoring protocol, for whatever MLflow has saved: the answers are then MLflow's too."""

from __future__ import annotations

import asyncio
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

from sdep.runtime.errors import BadDataError, OffLoopError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from sdep.runtime.servers.invocation import Invocation

_REFUSALS = {"BAD_REQUEST", "INVALID_PARAMETER_VALUE"}


class RefusedError(BadDataError):
    """MLflow's refusal of an input; `error_code` is its word for why."""

    def __init__(self, message: str, error_code: str) -> None:
        super().__init__(message)
        self.error_code = error_code


class Refusals:
    """Turns MLflow's exception into ours: `with Refusals(): pyfunc.predict(…)`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        code = str(getattr(error, "error_code", ""))  # of an MlflowException, whose class is two seconds away
        if code in _REFUSALS:
            raise RefusedError(f"the model refuses this input: {error}", code) from error


def score(pyfunc: Any, invocation: Invocation) -> object:  # noqa: ANN401 - MLflow's PyFuncModel is untyped
    """Predict just as `mlflow models serve` would; `BadDataError` is what it would answer with 400."""
    with Refusals():
        given, params = _parsed(pyfunc.metadata, invocation)
        result: object = pyfunc.predict(given, params=params)
        return result


def _parsed(metadata: Any, invocation: Invocation) -> tuple[object, object]:  # noqa: ANN401 - as above
    """The argument of `predict`, and its params."""
    server = import_module("mlflow.pyfunc.scoring_server")
    schema = metadata.get_input_schema()
    if invocation.csv is not None:
        return server.parse_csv_input(_file(invocation.csv), schema), None
    if invocation.is_conversation:
        known = metadata.get_params_schema()
        names = {param.name for param in known.params} if known is not None else set()
        params = {name: value for name, value in invocation.body.items() if name in names}
        return {name: value for name, value in invocation.body.items() if name not in names}, params
    if metadata._is_signature_from_type_hint():  # noqa: SLF001 - MLflow has no public word for it
        if "inputs" not in invocation.body:
            raise RefusedError("the model takes the field inputs", "INVALID_PARAMETER_VALUE")
        return invocation.body["inputs"], invocation.body.get("params")
    field = invocation.format()
    data = {field: invocation.body[field]}
    return server.infer_and_parse_data(data, schema), invocation.body.get("params")


def _file(text: str) -> object:
    import io  # noqa: PLC0415 - for the few who send CSV

    return io.StringIO(text)


class Twin:
    """MLflow's own model around one that is loaded already: made when a request first asks for what only MLflow can tell."""

    def __init__(self, directory: Path, predict: Callable[[Any], Any]) -> None:
        self._directory = directory
        self._predict = predict
        self._made: Any = None
        self._making = threading.Lock()

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> object:  # noqa: ANN401, ARG002 - called by MLflow
        return self._predict(data)

    def score(self, invocation: Invocation) -> object:
        """`OffLoopError` where MLflow must be imported first, and the event loop would have to wait."""
        if self._made is None:
            _leave_loop()
            with self._making:
                if self._made is None:
                    self._made = self._make()
        return score(self._made, invocation)

    def _make(self) -> Any:  # noqa: ANN401 - as above
        metadata = import_module("mlflow.models").Model.load(str(self._directory))
        return import_module("mlflow.pyfunc").PyFuncModel(metadata, self)


def _leave_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise OffLoopError
