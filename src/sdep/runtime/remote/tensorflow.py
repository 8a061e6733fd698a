"""A unit's container over TensorFlow Serving's predict protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from typing_extensions import override

from sdep.runtime.errors import BadDataError, RemoteError
from sdep.runtime.message import Message, Meta
from sdep.runtime.remote.inference_only import InferenceOnly
from sdep.runtime.remote.rest import RestService
from sdep.runtime.tensorflow.predict import read_answer, write_request

if TYPE_CHECKING:
    from sdep.runtime.graph.remote import Step


class TensorflowService(InferenceOnly, RestService):
    """What one container predicts is what the next one is asked."""

    @override
    async def transform(self, step: Step, message: Message) -> Message:
        request = self._client.post(f"{self._model}:predict").body_bytes(write_request(message.payload))
        answer = await self._call(request.header("content-type", "application/json"))
        try:
            return Message(read_answer(answer), Meta())
        except BadDataError as error:
            raise RemoteError(self._unit, f"the answer of {self._base} is no prediction: {error.message}") from error

    @override
    async def metadata(self) -> dict[str, Any]:
        """As the Seldon protocol has it: TensorFlow's own words are no list of tensors."""
        told = self._object(await self._call(self._client.get(f"{self._model}/metadata")), f"{self._unit}/metadata")
        spec = told.get("model_spec") or {}
        return {"name": self._unit, "platform": "tensorflow", "versions": [str(spec.get("version") or "")]}

    @override
    async def status(self) -> dict[str, Any]:
        told = self._object(await self._call(self._client.get(self._model)), self._unit)
        return {"meta": {}, "strData": orjson.dumps(told).decode()}

    @property
    def _model(self) -> str:
        return f"{self._base}/v1/models/{self._unit}"
