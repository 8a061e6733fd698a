"""What a container that speaks TensorFlow's protocol is never asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from sdep.runtime.errors import RemoteError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdep.runtime.message import Message


class InferenceOnly:
    """Stands before a transport's service, in whose place it refuses the steps that the protocol has no word for."""

    hears_feedback = False
    _unit: str

    async def route(self, message: Message) -> NoReturn:  # noqa: ARG002 - as the transport's own
        raise self._not_spoken("route")

    async def aggregate(self, messages: Sequence[Message]) -> NoReturn:  # noqa: ARG002 - as above
        raise self._not_spoken("aggregate")

    def _not_spoken(self, step: str) -> RemoteError:
        said = f"TensorFlow's protocol has no word for {step}: only models and transformers speak it"
        return RemoteError(self._unit, said, 501, "NOT_IMPLEMENTED")
