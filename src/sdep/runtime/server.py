"""The process around the application: uvicorn, the loading of models beside it, and an end that loses no request."""

from __future__ import annotations

import asyncio
import gc
import importlib
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import uvicorn
from typing_extensions import override

from sdep.runtime.certificates import Certificates
from sdep.runtime.errors import LoadError
from sdep.runtime.http.app import App
from sdep.runtime.http.ports import main_app, unit_app
from sdep.runtime.http.probes import Probes
from sdep.runtime.http.protocol import HttpProtocol
from sdep.runtime.http.routes import Routes
from sdep.runtime.lifecycle import Lifecycle
from sdep.runtime.log import event
from sdep.runtime.metrics import Metrics
from sdep.runtime.predictor import load_predictor
from sdep.runtime.seldon.api import SeldonApi
from sdep.runtime.tracing.environment import begin_tracing

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from types import FrameType

    from sdep.runtime.rpc.server import RpcServer
    from sdep.runtime.settings import Settings

    Protocol = Callable[[], asyncio.Protocol]

IDLE_SECONDS = 65
"""How long an idle connection is kept: v1's number, and longer than the usual proxies keep theirs."""
IN_FLIGHT_SECONDS = 14
"""What is left for running requests of the 20 seconds that Kubernetes grants a v1 pod, after 5 of draining."""
TICKS_BETWEEN_LOOKS = 50
"""Five seconds from one look at the certificate's files to the next."""


class RuntimeServer(uvicorn.Server):
    """`failure` says why nothing can be served; None while all is well. `port` is where it listens."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metrics = Metrics(settings.predictor)
        self._api = SeldonApi(settings.predictor, self._metrics)
        self._lifecycle = Lifecycle(settings.drain_seconds)
        self._certificates = Certificates(settings.certificates) if settings.certificates is not None else None
        self._rpc: RpcServer | None = None
        self._told = False
        self._began = time.monotonic()
        self.failure: str | None = None
        self.port = settings.port
        self._tracing = begin_tracing(settings)
        super().__init__(http_config(settings, self._main_app(), self._certificates))

    def _main_app(self) -> App:
        return main_app(self._settings, self._api, self._lifecycle, self._metrics, self._tracing)

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await self._open_ports()
        if not self.should_exit:
            self._begin_loading()

    async def _open_ports(self) -> None:
        """The main one is open already."""
        self.port = self.servers[0].sockets[0].getsockname()[1]
        event("listening", port=self.port)
        await self._further_ports()

    def _begin_loading(self) -> None:
        self._loading = asyncio.create_task(self._load())

    async def _further_ports(self) -> None:
        for (what, app), port in zip(self._further_apps(), self._settings.further_ports(), strict=True):
            await self._listen_at(app, port, what)

    def _further_apps(self) -> list[tuple[str, App]]:
        """What is served at each of the settings' further ports, and its name."""
        settings, api = self._settings, self._api
        units = settings.units_with_ports()
        apps = [(unit.name, unit_app(unit, settings, api, self._lifecycle, self._metrics)) for unit in units]
        return [*apps, ("metrics", self._scraped())] if settings.scraped_apart else apps

    def _scraped(self) -> App:
        return App(
            self._settings, Routes(Probes(self._lifecycle, self._metrics).routes()), self._lifecycle, self._metrics
        )

    async def _listen_at(self, app: App, port: int, what: str) -> None:
        """One more port, always in the clear: an engine calls there."""
        protocol = self.protocol_of(http_config(self._settings, app))
        loop, config = asyncio.get_running_loop(), self.config
        try:
            server = await loop.create_server(protocol, host=config.host, port=port, backlog=config.backlog)
        except OSError as error:
            self._fail(f"'{what}': port {port} cannot be listened at: {error.strerror}")
        else:
            self.servers.append(server)
            event("listening", port=port, what=what)

    def protocol_of(self, config: uvicorn.Config) -> Protocol:
        """What answers one connection. Connections of all ports end together."""
        if not config.loaded:
            config.load()
        state: dict[str, Any] = {}
        make: Any = config.http_protocol_class
        return partial(make, config=config, server_state=self.server_state, app_state=state)

    async def _load(self) -> None:
        try:
            await self._load_models()
            await self._start_rpc()
        except LoadError as error:
            event("cannot serve", level="error", reason=error.reason, detail=error.message)
            self._fail(error.message)
        except Exception as error:  # noqa: BLE001 - a program error: the trace goes to the log, the sentence to the pod
            event("cannot serve", level="error", error=error)
            self._fail(f"{type(error).__name__}: {error}")
        else:
            gc.collect()
            gc.freeze()  # models and libraries live as long as the process: no later collection walks them again
            self._loaded()

    def _loaded(self) -> None:
        self._lifecycle.loaded()
        event("ready", seconds=round(time.monotonic() - self._began, 3))

    async def _load_models(self) -> None:
        self._api.predictor = await asyncio.to_thread(load_predictor, self._settings, self._metrics, self._tracing)

    async def _start_rpc(self) -> None:
        """Before anyone is told that the pod is ready. gRPC is imported in a thread: probes are answered meanwhile."""
        if self._settings.grpc_port is None:
            return
        await asyncio.to_thread(importlib.import_module, "sdep.runtime.rpc.server")
        self._rpc = self._make_rpc()
        await self._rpc.start()
        event("listening for gRPC", grpc_port=self._rpc.port)

    def _make_rpc(self) -> RpcServer:
        from sdep.runtime.rpc.server import rpc_server  # noqa: PLC0415 - imported in a thread, just before

        return rpc_server(self._settings, self._api, self._metrics, self._certificates, self._tracing)

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
            if self._rpc is not None:
                await self._rpc.not_serving()
        if self._certificates is not None and counter % TICKS_BETWEEN_LOOKS == 0:
            self._certificates.refresh()
        if self._lifecycle.drained(time.monotonic()):
            self.should_exit = True
        return await super().on_tick(counter)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Both protocols at once: each waits for its own requests. What they logged is sent in the time that is left."""
        began = time.monotonic()
        ending = [super().shutdown(sockets)]
        if self._rpc is not None:
            ending.append(self._rpc.stop(IN_FLIGHT_SECONDS))
        await asyncio.gather(*ending)
        payloads = self._api.predictor.payloads if self._api.predictor is not None else None
        if payloads is not None:
            await payloads.close(max(1.0, IN_FLIGHT_SECONDS - (time.monotonic() - began)))
        if self._tracing is not None:
            await asyncio.to_thread(self._tracing.close, max(1.0, IN_FLIGHT_SECONDS - (time.monotonic() - began)))


def http_config(settings: Settings, app: App, certificates: Certificates | None = None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host="0.0.0.0",  # noqa: S104 - a pod answers on its address
        port=settings.port,
        loop="uvloop",
        http=HttpProtocol,
        ws="none",
        interface="asgi3",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=IN_FLIGHT_SECONDS,
        ssl_context_factory=None if certificates is None else lambda *_: certificates.context,
    )
