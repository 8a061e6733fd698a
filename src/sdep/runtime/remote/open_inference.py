"""A unit's container over the Open Inference Protocol: Triton, MLServer, or another runtime of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from sdep.runtime.errors import BadDataError, RemoteError
from sdep.runtime.message import Message, Meta, Payload
from sdep.runtime.openinference.answer import inference_of
from sdep.runtime.openinference.rest import read_answer, write_answer, write_request
from sdep.runtime.openinference.tensor import Wanted
from sdep.runtime.remote.branch import branch_of
from sdep.runtime.remote.inferred import branch_in, together
from sdep.runtime.remote.rest import RestService

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyreqwest.client import Client

    from sdep.contract import ServedUnit
    from sdep.runtime.graph.remote import Step
    from sdep.runtime.openinference.tensor import Inference

INPUT = "input-0"
"""What an array is called that came without a name."""
_NOT_FOUND = 404
_NO_PATH = frozenset({400, _NOT_FOUND, 405, 501})
"""How servers refuse a path that they do not have."""


class OpenInferenceService(RestService):
    """Every step of a message is an inference: what one container answers is what the next one is asked.

    A router or combiner is asked as v1 asks it, at `/route` and `/aggregate` below its model, and where it has no such path, as
    MLServer and Triton have none, it is asked to infer.
    """

    hears_feedback = False

    def __init__(self, unit: ServedUnit, client: Client, timeout: float) -> None:
        super().__init__(unit, client, timeout)
        self._children = unit.children
        self._has_no_path = False

    @override
    async def transform(self, step: Step, message: Message) -> Message:
        return self._answer(await self._infer(inference_of(message.payload, INPUT)))

    @override
    async def route(self, message: Message) -> int:
        asked = inference_of(message.payload, INPUT)
        answer = await self._at_own_path("route", write_request(asked).body, asked)
        inferred = isinstance(answer, dict) and "outputs" in answer
        branch = branch_in(self._inference(answer)) if inferred else branch_of(answer)
        if branch is None:
            said = "its answer must be the number of a child, as [0], or as the first value of its first output"
            raise RemoteError(self._unit, said)
        return branch

    @override
    async def aggregate(self, messages: Sequence[Message]) -> Message:
        answers = [inference_of(message.payload, INPUT) for message in messages]
        written = [
            write_answer(child.name, "", answer, Wanted()).body
            for child, answer in zip(self._children, answers, strict=False)
        ]
        listed = b"[" + b",".join(written) + b"]"
        return self._answer(await self._at_own_path("aggregate", listed, together(self._children, answers)))

    async def _at_own_path(self, step: Step, body: bytes, inferred: Inference) -> object:
        """What was found out about a container holds until it refuses: another one may have taken its place."""
        refused: RemoteError | None = None
        if not self._has_no_path:
            try:
                return await self._ask(step, body)
            except RemoteError as error:
                if error.code not in _NO_PATH:
                    raise
                refused = error
        try:
            answer = await self._infer(inferred)
        except RemoteError as error:
            self._has_no_path = False
            raise (refused if refused is not None and error.code == _NOT_FOUND else error) from None
        self._has_no_path = True
        return answer

    async def _infer(self, asked: Inference) -> object:
        return await self._ask("infer", write_request(asked).body)

    async def _ask(self, what: str, body: bytes) -> object:
        request = self._client.post(f"{self._model}/{what}").body_bytes(body)
        return await self._call(request.header("content-type", "application/json"))

    def _answer(self, body: object) -> Message:
        return Message(Payload(self._inference(body), "inference"), Meta())

    def _inference(self, body: object) -> Inference:
        try:
            return read_answer(body)
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
