"""The process of an explainer: the runtime's own server, with one method in place of a graph."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from typing_extensions import override

from sdep.errors import SdepError
from sdep.runtime.errors import LoadError, RemoteError
from sdep.runtime.explain.desk import Desk
from sdep.runtime.explain.errors import NotExplainableError
from sdep.runtime.explain.methods import method
from sdep.runtime.explain.routes import ExplainRoutes
from sdep.runtime.explain.subject import load_context
from sdep.runtime.http.app import App
from sdep.runtime.http.ports import make_app
from sdep.runtime.http.probes import Probes
from sdep.runtime.http.routes import Routes
from sdep.runtime.log import event
from sdep.runtime.server import RuntimeServer

if TYPE_CHECKING:
    from sdep.runtime.explain.settings import ExplainSettings


class ExplainServer(RuntimeServer):
    def __init__(self, settings: ExplainSettings) -> None:
        self._explain = settings
        super().__init__(settings.serving)

    @override
    def _main_app(self) -> App:
        self._routes = ExplainRoutes(Probes(self._lifecycle, self._metrics))
        routes = Routes(self._routes.routes(), below=self._routes.below())
        return make_app(self._settings, routes, self._lifecycle, self._metrics, self._tracing)

    @override
    async def _load_models(self) -> None:
        self._routes.desk = await asyncio.to_thread(self._opened)

    def _opened(self) -> Desk:
        """What keeps the method from explaining this model ends the process, with the sentence as its last words."""
        told = self._explain.explainer
        try:
            chosen, context = method(told.type), load_context(self._explain)
            chosen.check(context)
        except RemoteError as error:  # a predictor that starts later than its explainer
            event("predictor not there yet", level="warning", detail=error.message)
        except LoadError:
            raise
        except (NotExplainableError, SdepError) as error:
            raise LoadError(told.model, f"{told.type}: {error.message}") from error
        return Desk(chosen, context, self._settings.threads, self._explain.inside, self._metrics.refused.add)
