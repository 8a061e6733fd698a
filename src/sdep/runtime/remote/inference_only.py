"""What a container that speaks a protocol of inferences is never asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from sdep.runtime.errors import RemoteError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdep.runtime.message import Message


class InferenceOnly:
    """Stands before a transport's service, in whose place it refuses the steps that `protocol` has no word for."""

    protocol: ClassVar[str]
    _unit: str

    async def route(self, message: Message) -> NoReturn:  # noqa: ARG002 - as the transport's own
        raise self._not_spoken("route")

    async def aggregate(self, messages: Sequence[Message]) -> NoReturn:  # noqa: ARG002 - as above
        raise self._not_spoken("aggregate")

    async def send_feedback(self, feedback: dict[str, Any]) -> NoReturn:  # noqa: ARG002 - as above
        raise self._not_spoken("feedback")

    def _not_spoken(self, step: str) -> RemoteError:
        said = f"{self.protocol} has no word for {step}: only models and transformers speak it"
        return RemoteError(self._unit, said, 501, "NOT_IMPLEMENTED")
