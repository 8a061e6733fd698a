"""The paths of v1 at which the document and its page are read."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import orjson

from sdep.runtime.errors import NotReadyError
from sdep.runtime.http.response import Response
from sdep.runtime.http.routes import GET, Route
from sdep.runtime.predictor import units_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdep.runtime.http.request import Request
    from sdep.runtime.http.routes import Handler
    from sdep.runtime.seldon.api import SeldonApi
    from sdep.runtime.settings import Settings

PAGES = ("/api/v1.0/doc/", "/api/v0.1/doc/", "/v2/docs/")
_HTML = b"text/html; charset=utf-8"


class DocumentationRoutes:
    """`served` are the paths of the port: no more than those is described."""

    def __init__(self, settings: Settings, api: SeldonApi, *served: Mapping[str, Route]) -> None:
        self._settings = settings
        self._api = api
        self._served = frozenset(path for paths in served for path in paths)

    def routes(self) -> dict[str, Route]:
        page = Route(GET, self._page)
        pages = {f"{base}{name}": page for base in PAGES for name in ("", "index.html", "index_bundled.html")}
        beside = {
            f"{base}{name}": Route(GET, self._document("../../.." if base.startswith("/api") else "../.."))
            for base in PAGES
            for name in ("seldon.json", "openapi.json", "dataplane.yaml")
        }
        top = Route(GET, self._document("."))
        return {**pages, **beside, "/seldon.json": top, "/openapi.json": top}

    def _document(self, root: str) -> Handler:
        async def handle(_: Request) -> Response:
            return Response(self._written(root))

        return handle

    def _written(self, root: str) -> bytes:
        from sdep.runtime.documentation.openapi import document  # noqa: PLC0415
        from sdep.runtime.documentation.schema import graph_input  # noqa: PLC0415

        if self._api.predictor is None:
            raise NotReadyError("the models are still being loaded")
        predictor = self._settings.predictor
        units = [unit.name for unit in units_of(predictor.graph)]
        given = graph_input(self._settings, self._api.predictor.models)
        return orjson.dumps(document(predictor, given, units, self._served, root))

    async def _page(self, _: Request) -> Response:
        return Response(_html(), content_type=_HTML)


@cache
def _html() -> bytes:
    return (resources.files("sdep.runtime.documentation") / "page.html").read_bytes()
