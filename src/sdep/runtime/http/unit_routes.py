"""v1's microservice REST API: what the container of one unit answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdep.contract import PREDICTIONS_PATH
from sdep.runtime.http.response import Response
from sdep.runtime.http.routes import GET, GET_OR_POST, POST, Handler, Route
from sdep.runtime.message import Message
from sdep.runtime.seldon.codec import decode, encode
from sdep.runtime.seldon.unit_api import decode_list

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sdep.runtime.http.probes import Probes
    from sdep.runtime.http.request import Request
    from sdep.runtime.seldon.unit_api import UnitApi


class UnitRoutes:
    """Nothing here is measured: the engine that calls measures its calls."""

    def __init__(self, api: UnitApi, probes: Probes) -> None:
        self._api = api
        self._probes = probes

    def internal(self) -> dict[str, Route]:
        """The paths that an engine calls. No path of the external API is among them, so that one port may have both."""
        transform = Route(GET_OR_POST, self._of_message(self._api.transform))
        return {
            **self._probes.routes(),
            "/predict": Route(GET_OR_POST, self._of_message(self._api.predict)),
            "/transform-input": transform,
            "/transform-output": transform,
            "/route": Route(GET_OR_POST, self._of_message(self._api.route)),
            "/aggregate": Route(GET_OR_POST, self._aggregate),
            "/send-feedback": Route(GET_OR_POST, self._send_feedback),
            "/health/status": Route(GET, self._status),
            "/metadata": Route(GET, self._metadata),
            "/metrics": Route(GET, self._probes.metrics),
        }

    def alone(self) -> dict[str, Route]:
        """With those of the external API that v1's wrapper answered too."""
        predictions = Route(POST, self._of_message(self._api.predict))
        feedback = Route(POST, self._send_feedback)
        return {
            **self.internal(),
            PREDICTIONS_PATH: predictions,
            "/api/v0.1/predictions": predictions,
            "/api/v1.0/feedback": feedback,
            "/api/v0.1/feedback": feedback,
            "/api/v1.0/health/status": Route(GET, self._status),
            "/api/v1.0/metadata": Route(GET, self._metadata),
        }

    def _of_message(self, call: Callable[[Message], Awaitable[Message]]) -> Handler:
        async def handle(request: Request) -> Response:
            return Response(encode(await call(decode(await request.json()))))

        return handle

    async def _aggregate(self, request: Request) -> Response:
        return Response(encode(await self._api.aggregate(decode_list(await request.json()))))

    async def _send_feedback(self, request: Request) -> Response:
        return Response(self._api.send_feedback(await request.json()))

    async def _status(self, _: Request) -> Response:
        return Response(self._api.status())

    async def _metadata(self, _: Request) -> Response:
        return Response(self._api.metadata())
