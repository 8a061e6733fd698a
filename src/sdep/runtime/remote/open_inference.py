"""A unit's container over the Open Inference Protocol: Triton, MLServer, or another runtime of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from sdep.runtime.errors import BadDataError, RemoteError
from sdep.runtime.message import Message, Meta, Payload
from sdep.runtime.openinference.answer import inference_of
from sdep.runtime.openinference.rest import read_answer, write_request
from sdep.runtime.remote.inference_only import InferenceOnly
from sdep.runtime.remote.rest import RestService

if TYPE_CHECKING:
    from sdep.runtime.graph.remote import Step

INPUT = "input-0"
"""What an array is called that came without a name."""


class OpenInferenceService(InferenceOnly, RestService):
    """Every step of a message is an inference: what one container answers is what the next one is asked."""

    protocol = "the Open Inference Protocol"

    @override
    async def transform(self, step: Step, message: Message) -> Message:
        body = write_request(inference_of(message.payload, INPUT)).body
        request = self._client.post(f"{self._model}/infer").body_bytes(body)
        answer = await self._call(request.header("content-type", "application/json"))
        try:
            return Message(Payload(read_answer(answer), "inference"), Meta())
        except BadDataError as error:
            raise RemoteError(self._unit, f"the answer of {self._base} is no inference: {error.message}") from error

    @override
    async def metadata(self) -> dict[str, Any]:
        return self._object(await self._call(self._client.get(self._model)), self._path)

    @override
    async def status(self) -> dict[str, Any]:
        await self._call(self._client.get(f"{self._model}/ready"), has_body=False)
        return {"meta": {}, "strData": "healthy"}

    @property
    def _path(self) -> str:
        return f"/v2/models/{self._unit}"

    @property
    def _model(self) -> str:
        return f"{self._base}{self._path}"
