"""The process around the application: uvicorn, the loading of models beside it, and an end that loses no request."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import TYPE_CHECKING

import uvicorn
from typing_extensions import override

from sdep.runtime.errors import LoadError
from sdep.runtime.http.app import App
from sdep.runtime.lifecycle import Lifecycle
from sdep.runtime.log import event
from sdep.runtime.metrics import Metrics
from sdep.runtime.predictor import load_predictor
from sdep.runtime.seldon.api import SeldonApi

if TYPE_CHECKING:
    import socket
    from types import FrameType

    from sdep.runtime.settings import Settings

IDLE_SECONDS = 65
"""How long an idle connection is kept: v1's number, and longer than the usual proxies keep theirs."""
IN_FLIGHT_SECONDS = 14
"""What is left for running requests of the 20 seconds that Kubernetes grants a v1 pod, after 5 of draining."""


class RuntimeServer(uvicorn.Server):
    """`failure` says why nothing can be served; None while all is well. `port` is where it listens."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metrics = Metrics(settings.predictor)
        self._api = SeldonApi(settings.predictor, self._metrics)
        self._lifecycle = Lifecycle(settings.drain_seconds)
        self._told = False
        self._began = time.monotonic()
        self.failure: str | None = None
        self.port = settings.port
        super().__init__(_config(settings, App(settings, self._api, self._lifecycle, self._metrics)))

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.servers:
            self.port = self.servers[0].sockets[0].getsockname()[1]
        event("listening", port=self.port)
        self._loading = asyncio.create_task(self._load())

    async def _load(self) -> None:
        try:
            self._api.predictor = await asyncio.to_thread(load_predictor, self._settings, self._metrics)
        except LoadError as error:
            event("cannot serve", level="error", reason=error.reason, detail=error.message)
            self._fail(error.message)
        except Exception as error:  # noqa: BLE001 - a program error: the trace goes to the log, the sentence to the pod
            event("cannot serve", level="error", error=error)
            self._fail(f"{type(error).__name__}: {error}")
        else:
            gc.collect()
            gc.freeze()  # models and libraries live as long as the process: no later collection walks them again
            self._lifecycle.loaded()
            event("ready", seconds=round(time.monotonic() - self._began, 3))

    def _fail(self, message: str) -> None:
        self.failure = message
        self.should_exit = True

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """First signal: drain. Second one: the user means it. Nothing is raised again, so the exit code is 0."""
        if self._lifecycle.draining:
            self.should_exit = True
        self._lifecycle.drain(time.monotonic())

    @override
    async def on_tick(self, counter: int) -> bool:
        """Ten times a second uvicorn asks whether to end."""
        if self._lifecycle.draining and not self._told:
            self._told = True
            event("draining", seconds=self._settings.drain_seconds)
        if self._lifecycle.drained(time.monotonic()):
            self.should_exit = True
        return await super().on_tick(counter)


def _config(settings: Settings, app: App) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host="0.0.0.0",  # noqa: S104 - a pod answers on its address
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        interface="asgi3",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=IN_FLIGHT_SECONDS,
    )
