"""Servers of a test that take lineage as DataHub's and OpenLineage's do, and keep it."""

from __future__ import annotations

import json
from typing import Any, Self
from urllib.parse import unquote

from aiohttp import web

Aspect = dict[str, Any]
_NAMES = {"mlModelProperties": "com.linkedin.ml.metadata.MLModelProperties"}


class Catalogue:
    """DataHub's metadata service in small, with one state for each aspect; and OpenLineage's endpoint.

    `status` is what everything that is told is answered with; `headers` are those of the last request.
    """

    def __init__(self) -> None:
        self.aspects: dict[tuple[str, str], Aspect] = {}
        self.proposals: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.headers: dict[str, str] = {}
        self.status = 200
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/config", self._config)
        app.router.add_get("/aspects/{urn}", self._aspect)
        app.router.add_post("/aspects", self._propose)
        app.router.add_post("/api/v1/lineage", self._event)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_error: object) -> None:
        assert self._runner
        await self._runner.cleanup()

    def put(self, urn: str, name: str, aspect: Aspect) -> None:
        self.aspects[urn, name] = aspect

    async def _config(self, _: web.Request) -> web.Response:
        return web.json_response({"noCode": "true", "versions": {}})

    async def _aspect(self, request: web.Request) -> web.Response:
        name = request.query["aspect"]
        found = self.aspects.get((unquote(request.match_info["urn"]), name))
        if found is None:
            return web.json_response({"status": 404}, status=404)
        return web.json_response({"aspect": {_NAMES[name]: found}, "version": 0})

    async def _propose(self, request: web.Request) -> web.Response:
        assert request.query["action"] == "ingestProposal"
        self.headers = dict(request.headers)
        proposal = (await request.json())["proposal"]
        if self.status == 200:
            self.proposals.append(proposal)
            aspect = json.loads(proposal["aspect"]["value"])
            self.put(proposal["entityUrn"], proposal["aspectName"], aspect)
        return web.json_response({"message": "as the test says"}, status=self.status)

    async def _event(self, request: web.Request) -> web.Response:
        self.headers = dict(request.headers)
        if self.status == 200:
            self.events.append(await request.json())
        return web.json_response({}, status=self.status)
