"""Models called by their own library, without MLflow in between: on arrays where those stand for a DataFrame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sdep.runtime.errors import BadDataError, SchemaError
from sdep.runtime.servers.arrange import bare, frame, matrix, tensor, with_rows
from sdep.runtime.servers.columns import table
from sdep.runtime.servers.invocation import Invocation
from sdep.runtime.servers.model import answer
from sdep.runtime.servers.scoring import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdep.runtime.message import Payload
    from sdep.runtime.servers.scoring import Twin
    from sdep.runtime.servers.signature import Signature


@dataclass(frozen=True, slots=True)
class NativeModel:
    """`method` is bound: predict, predict_proba, …; `dtype` is set where an array may stand for a DataFrame.

    `width` is how many values a row must hold, None where nobody knows; `twin` reads what only MLflow can read.
    """

    method: Callable[[Any], Any]
    signature: Signature
    dtype: np.dtype[Any] | None
    platform: str
    width: int | None = None
    twin: Twin | None = None

    def predict(self, payload: Payload) -> Payload:
        try:
            given = self._input(with_rows(payload))
        except (SchemaError, RefusedError):
            raise
        except BadDataError as error:
            if self.twin is None or not isinstance(payload.value, Invocation):
                raise
            return answer(payload, _scored(self.twin, payload.value, error))
        return answer(payload, self._called(given))

    def _called(self, given: object) -> object:
        try:
            result: object = self.method(given)
        except ValueError as error:  # shape and types were checked, so this is about the values: NaN, most often
            first_line = str(error).partition("\n")[0]
            raise BadDataError(f"the model refuses these values: {first_line}") from error
        return result

    def _input(self, payload: Payload) -> object:
        if self.dtype is not None:
            return matrix(payload, self.signature.columns, self.dtype)
        if self.signature.columns:
            return frame(payload, self.signature.columns)
        if self.signature.tensors:
            return tensor(payload, self.signature.tensors[0])
        return self._bare(payload)

    def _bare(self, payload: Payload) -> np.ndarray[Any, Any]:
        """No signature: the rows as they came, but as many values in each as the model was fitted with."""
        if self.width is None:
            return np.asarray(bare(payload))
        rows = table(payload)
        if rows.shape[1] != self.width:
            said = f"rows hold {rows.shape[1]} values, and the model was fitted with {self.width}"
            raise RefusedError(said, "BAD_REQUEST")  # MLflow leaves it to the model to find out
        return rows


def _scored(twin: Twin, invocation: Invocation, refused: BadDataError) -> object:
    """MLflow's protocol takes more than rows of the right types. What MLflow refuses too was refused better here."""
    try:
        return twin.score(invocation)
    except (BadDataError, ValueError) as error:
        raise RefusedError(refused.message, getattr(error, "error_code", "BAD_REQUEST")) from error
