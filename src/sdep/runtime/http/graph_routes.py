"""v1's external REST API: what the engine answers for a whole graph."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from sdep.contract import METADATA_PATH, PREDICTIONS_PATH
from sdep.evidence import answers, evidence, watched
from sdep.runtime.errors import BadDataError
from sdep.runtime.http.announce import announce
from sdep.runtime.http.response import Response
from sdep.runtime.http.routes import GET, POST, Route

if TYPE_CHECKING:
    from sdep.runtime.http.probes import Probes
    from sdep.runtime.http.request import Request
    from sdep.runtime.metrics import Metrics
    from sdep.runtime.seldon.api import SeldonApi


class GraphRoutes:
    def __init__(self, api: SeldonApi, probes: Probes, metrics: Metrics) -> None:
        self._api = api
        self._probes = probes
        self._metrics = metrics

    def routes(self) -> dict[str, Route]:
        predictions = Route(POST, self._predict, "predictions")
        feedback = Route(POST, self._feedback, "feedback")
        status = Route(GET, self._probes.ready, "status")
        return {
            **self._probes.routes(),
            PREDICTIONS_PATH: predictions,
            "/api/v0.1/predictions": predictions,
            "/api/v1.0/feedback": feedback,
            "/api/v0.1/feedback": feedback,
            METADATA_PATH: Route(GET, self._graph_metadata, "metadata"),
            "/api/v1.0/status": status,
            "/api/v1.0/health/status": status,
            evidence.PATH: Route(GET, self._evidence),
            answers.PATH: Route(GET, self._answers),
            watched.PATH: Route(GET, self._watched),
        }

    def of_unit(self) -> dict[str, Route]:
        """Paths that end in the name of a unit."""
        metadata, status = Route(GET, self._unit_metadata, "metadata"), Route(GET, self._unit_status, "status")
        versions = ("v1.0", "v0.1")
        return {
            **{f"/api/{version}/metadata": metadata for version in versions},
            **{f"/api/{version}/status": status for version in versions},
        }

    async def _predict(self, request: Request) -> Response:
        given, content = request.puid, await request.json()
        announce(request, self._api, content)
        body, puid = await self._api.predict(content, given)
        request.puid = request.puid or puid
        return Response(body)

    async def _feedback(self, request: Request) -> Response:
        given, content = request.puid, await request.json()
        announce(request, self._api, content)
        body, puid = await self._api.feedback(content, given)
        request.puid = request.puid or puid
        return Response(body)

    async def _evidence(self, _: Request) -> Response:
        found = (await self._metrics.collected()).evidence
        return Response(found.model_dump_json(by_alias=True).encode())

    async def _answers(self, request: Request) -> Response:
        since, until = _since(request), time.monotonic()
        found = (await self._metrics.collected()).answers.between(since, until)
        return Response(found.model_dump_json().encode())

    async def _watched(self, _: Request) -> Response:
        found = (await self._metrics.collected()).watched
        return Response(found.model_dump_json(by_alias=True).encode())

    async def _graph_metadata(self, _: Request) -> Response:
        return Response(await self._api.graph_metadata())

    async def _unit_metadata(self, request: Request) -> Response:
        return Response(await self._api.unit_metadata(request.unit()))

    async def _unit_status(self, request: Request) -> Response:
        return Response(await self._api.unit_status(request.unit()))


def _since(request: Request) -> float:
    text = parse_qs(request.query.decode("latin-1")).get("since", ["0"])[0]
    try:
        return float(text)
    except ValueError:
        raise BadDataError(f"the query parameter since is {text[:40]!r}, and must be a number of seconds") from None
