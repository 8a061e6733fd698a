"""What every server gives: something that answers a payload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from sdep.runtime.message import Payload
from sdep.runtime.servers.table_json import values_in

if TYPE_CHECKING:
    from sdep.runtime.servers.signature import Signature


class Model(Protocol):
    """`predict` is called from one thread at a time or from several: it must not change the model."""

    @property
    def platform(self) -> str:
        """The framework, for metadata."""

    @property
    def signature(self) -> Signature: ...

    def predict(self, payload: Payload) -> Payload:
        """`BadDataError` for what the client can mend; whatever else it raises is the unit's failure."""


class Result(NamedTuple):
    """What a model returned, as it returned it: MLflow's protocol tells a DataFrame, a Series and a list apart."""

    value: Any

    @property
    def size(self) -> int:
        return values_in(self.value)

    def payload(self) -> Payload:
        return answer(Payload(None, "ndarray"), self.value)

    def table(self) -> Payload:
        return self.payload()._replace(kind="invocation")


def answer(payload: Payload, result: Any) -> Payload:  # noqa: ANN401 - a model may return anything
    """Make a model's result the answer to `payload`: DataFrames, Series, lists and single numbers become arrays."""
    if payload.kind == "invocation":
        return payload._replace(value=Result(result))
    return _converted(payload, result)


def _converted(payload: Payload, result: Any) -> Payload:  # noqa: ANN401 - as above
    if isinstance(result, np.ndarray):
        return payload.answered(result)
    if hasattr(result, "to_numpy"):  # pandas' DataFrame and Series
        return payload.answered(result.to_numpy(), tuple(map(str, getattr(result, "columns", ()))))
    if hasattr(result, "toarray"):  # SciPy's sparse matrices
        return payload.answered(result.toarray())
    if isinstance(result, (int, float, np.generic)):
        return payload.answered(np.array([result]))
    if isinstance(result, (list, tuple)):
        return _list(payload, list(result))
    return payload.answered(result)


def _list(payload: Payload, result: list[Any]) -> Payload:
    """Make an array where that is possible: a ragged list, or one of objects, is JSON."""
    if result and isinstance(result[0], dict):
        return payload.answered(result)
    try:
        array = np.array(result)
    except ValueError:
        return payload.answered(result)
    return payload.answered(np.array(result, dtype=object) if array.dtype.kind == "U" else array)
