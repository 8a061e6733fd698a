"""The predictor as a function of rows: asked over HTTP, in the protocol that it speaks, one call for all rows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from pyreqwest.client import SyncClientBuilder
from pyreqwest.exceptions import PyreqwestError

from sdep.runtime.errors import BadDataError, RemoteError
from sdep.runtime.message import NUMERIC, Message, Meta, Payload, in_rows
from sdep.runtime.openinference.answer import inference_of
from sdep.runtime.openinference.rest import read_answer as read_inference
from sdep.runtime.openinference.rest import write_request as write_inference
from sdep.runtime.remote.rest import CONNECT_SECONDS, OK, refusal
from sdep.runtime.seldon.codec import answered, encode_request, read
from sdep.runtime.tensorflow.predict import read_answer as read_predictions
from sdep.runtime.tensorflow.predict import write_request as write_instances

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sdep.contract import ServedExplainer

Array = np.ndarray[Any, Any]

SECONDS = 60.0
"""Of one call."""
INPUT = "input-0"
_NOT_LOGGED = "Seldon-Skip-Logging"
"""v1's header: what an explainer asks is no payload of a client's."""


class Asking:
    """Called from several threads. `RemoteError`, with the predictor's own code, for what it refuses."""

    def __init__(self, explainer: ServedExplainer, names: Sequence[str]) -> None:
        builder = SyncClientBuilder().no_proxy().follow_redirects(enable=False).referer(enable=False)
        limits = builder.connect_timeout(timedelta(seconds=CONNECT_SECONDS)).timeout(timedelta(seconds=SECONDS))
        # The certificate of a predictor with TLS is the user's own affair: nobody says here which authority to trust, or by which name.
        self._client = limits.danger_accept_invalid_certs(enable=True).build()
        self._base = explainer.predictor.rstrip("/")
        self._path, self._write, self._read = _PROTOCOLS.get(explainer.protocol, _PROTOCOLS["seldon"])
        self._path = self._path.format(model=explainer.model)
        self._names = tuple(names)

    def __call__(self, rows: Array) -> Array:
        payload = Payload(rows, "tensor" if rows.dtype.kind in NUMERIC else "ndarray", self._names)
        body = self._post(self._write(payload))
        try:
            found = in_rows(read(self._read(body))).value
        except BadDataError as error:
            raise self._failed(f"its answer cannot be read: {error.message}") from error
        if not isinstance(found, np.ndarray) or len(found) != len(rows):
            raise self._failed(f"{len(rows)} rows were sent, and its answer is not as many")
        return found

    def _post(self, body: bytes) -> object:
        request = self._client.post(self._base + self._path).body_bytes(body)
        headers = {"content-type": "application/json", _NOT_LOGGED: "true"}
        try:
            response = request.headers(headers).build().send()
            code, answer = response.status, bytes(response.bytes())
        except PyreqwestError as error:
            raise self._failed(f"no answer from {self._base}: {error.message}") from error
        if code != OK:
            raise refusal("predictor", code, answer)
        try:
            return orjson.loads(answer)
        except orjson.JSONDecodeError as error:
            raise self._failed("its answer is not JSON") from error

    def _failed(self, said: str) -> RemoteError:
        return RemoteError("predictor", said, 502, "PREDICTOR_FAILED")


def _seldon(payload: Payload) -> bytes:
    return encode_request(Message(payload, Meta()))


def _inference(payload: Payload) -> bytes:
    return write_inference(inference_of(payload, INPUT)).body


_PROTOCOLS: dict[str, tuple[str, Callable[[Payload], bytes], Callable[[Any], Payload]]] = {
    "seldon": ("/api/v1.0/predictions", _seldon, lambda body: answered(body).payload),
    "v2": ("/v2/models/{model}/infer", _inference, lambda body: read_inference(body).payload()),
    "tensorflow": ("/v1/models/{model}:predict", write_instances, read_predictions),
}
