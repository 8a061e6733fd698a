"""Explanations at the predictor's own port: what is asked goes to the explainer's Service, and its answer back, as they are."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from sdep.contract import EXPLAIN_PATH
from sdep.runtime.http.response import Response
from sdep.runtime.http.routes import POST, Route

if TYPE_CHECKING:
    from sdep.runtime.http.request import Request
    from sdep.runtime.remote.explainer import RemoteExplainer
    from sdep.runtime.settings import Settings

PATHS = (EXPLAIN_PATH, "/api/v0.1/explain", "/api/v1.0/explanations")
"""v1's two, and the one by which its users know it. The explainer is asked at the first, which v1's own has too."""


class ExplainRoutes:
    """They count in no metric of predictions."""

    def __init__(self, settings: Settings) -> None:
        self._address = settings.explainer_address
        self._explainer: RemoteExplainer | None = None

    def routes(self) -> dict[str, Route]:
        return dict.fromkeys(PATHS, Route(POST, self._explain))

    async def _explain(self, request: Request) -> Response:
        body, headers = request.body, {**request.headers(), "seldon-puid": request.id}
        explainer = self._explainer or await self._first()
        code, content_type, answer = await explainer.explain(body, headers, request.deadline())
        return Response(answer, code, content_type.encode("latin-1", "replace"))

    async def _first(self) -> RemoteExplainer:
        """The client is imported in a thread, when it is first asked for: most predictors never are."""
        remote = await asyncio.to_thread(import_module, "sdep.runtime.remote.explainer")
        if self._explainer is None:
            self._explainer = remote.RemoteExplainer(self._address)
        return self._explainer
