"""The process of a class."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from typing_extensions import override

from sdep.runtime.classes.routes import ClassRoutes
from sdep.runtime.classes.service import ClassService
from sdep.runtime.http.app import App
from sdep.runtime.http.ports import make_app
from sdep.runtime.http.probes import Probes
from sdep.runtime.http.routes import Routes
from sdep.runtime.loaded_first import LoadedFirstServer

if TYPE_CHECKING:
    from sdep.runtime.classes.arguments import ClassSettings
    from sdep.runtime.rpc.server import RpcServer


def log_from(level: str) -> None:
    logging.getLogger().setLevel(level)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # what it says we say too


class ClassServer(LoadedFirstServer):
    _is_first = True
    """Of the processes that serve the class, the one that does what is to be done once."""

    def __init__(self, settings: ClassSettings) -> None:
        self._class = settings
        super().__init__(settings.serving)

    @override
    def _main_app(self) -> App:
        self._service = ClassService(self._class, self._metrics)
        probes = Probes(self._lifecycle, self._metrics)
        self._routes = ClassRoutes(self._service, probes, self._class.metrics_path)
        return make_app(self._settings, Routes(self._routes.routes()), self._lifecycle, self._metrics, self._tracing)

    @override
    def _scraped(self) -> App:
        return App(self._settings, Routes(self._routes.scraped()), self._lifecycle, self._metrics)

    @override
    async def _load_models(self) -> None:
        user = await self._service.load()
        custom = getattr(user, "custom_service", None)
        if (
            callable(custom) and self._is_first
        ):  # v1 gives it a process of its own; here it shares the object, as its author may expect
            threading.Thread(target=custom, name="custom_service", daemon=True).start()

    @override
    def _make_rpc(self) -> RpcServer:
        from sdep.runtime.classes.rpc import class_services  # noqa: PLC0415 - imported in a thread, by `_start_rpc`
        from sdep.runtime.rpc.server import RpcServer  # noqa: PLC0415

        return RpcServer(
            self._settings, class_services(self._service, self._metrics), self._certificates, self._tracing
        )
