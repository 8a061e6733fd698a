"""As much of an API server as the ledger of lineage asks: ConfigMaps that are applied, and SeldonDeployments that are listed."""

from __future__ import annotations

import json
from typing import Any, Self

from aiohttp import web

from sdep.cluster.client import Cluster
from sdep.cluster.credentials import Credentials

_SDEPS = "/apis/machinelearning.seldon.io/v1/namespaces/{namespace}/seldondeployments"
_CONFIG_MAP = "/api/v1/namespaces/{namespace}/configmaps/{name}"


class ConfigMaps:
    """`there` has the uid of each SeldonDeployment by name; `refused` is what every request is answered with, if anything."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.there: dict[tuple[str, str], str] = {}
        self.refused = 0
        self.asked = 0
        self.writes = 0
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._refuse])
        app.router.add_get(_CONFIG_MAP, self._get)
        app.router.add_patch(_CONFIG_MAP, self._apply)
        app.router.add_get(_SDEPS, self._list)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.cluster = Cluster(Credentials(f"http://127.0.0.1:{self._runner.addresses[0][1]}"))
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.cluster.close()
        assert self._runner
        await self._runner.cleanup()

    @web.middleware
    async def _refuse(self, request: web.Request, handler: Any) -> web.StreamResponse:  # noqa: ANN401 - aiohttp's
        self.asked += 1
        if self.refused:
            return web.json_response({"message": "as the test says"}, status=self.refused)
        found: web.StreamResponse = await handler(request)
        return found

    async def _get(self, request: web.Request) -> web.Response:
        found = self.kept.get(request.match_info["name"])
        return web.json_response(found or {}, status=200 if found else 404)

    async def _apply(self, request: web.Request) -> web.Response:
        assert request.query["fieldManager"] == "sdep-operator"
        body = json.loads(await request.read())
        self.kept[request.match_info["name"]] = body
        self.writes += 1
        return web.json_response(body)

    async def _list(self, request: web.Request) -> web.Response:
        name = request.query["fieldSelector"].removeprefix("metadata.name=")
        uid = self.there.get((request.match_info["namespace"], name))
        items = [{"metadata": {"namespace": request.match_info["namespace"], "name": name, "uid": uid}}] if uid else []
        return web.json_response({"items": items})
