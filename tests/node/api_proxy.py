"""A proxy in front of the API server, in which connections are cut and requests refused as a test wants it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import web

from demo.kubectl import Target
from sdep.cluster.credentials import Credentials, of_kubeconfig

Refuse = Callable[[str, str], int]
"""From method and path to the status that is answered in the API server's stead; 0 lets the request through."""
_OF_ONE_HOP = {"host", "connection", "transfer-encoding", "content-length", "keep-alive"}


def _nothing(_method: str, _path: str) -> int:
    return 0


class ApiProxy:
    """`refuse` may be changed at any time. `refused` counts what it refused."""

    def __init__(self, credentials: Credentials) -> None:
        self.refuse: Refuse = _nothing
        self.refused = 0
        self.port = 0
        self._credentials = credentials
        self._open: set[asyncio.Transport] = set()
        self._loop = asyncio.new_event_loop()

    @classmethod
    @contextmanager
    def before(cls, target: Target) -> Iterator[ApiProxy]:
        proxy = cls(of_kubeconfig(yaml.safe_load(target.kubeconfig.read_text())))
        started = threading.Event()
        thread = threading.Thread(target=proxy._run, args=(started,))
        thread.start()
        assert started.wait(10)
        try:
            yield proxy
        finally:
            proxy._loop.call_soon_threadsafe(proxy._ended.set)
            thread.join()

    def kubeconfig(self, folder: Path) -> Path:
        """One that leads through the proxy, which says by itself who is asking."""
        config: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "proxy",
            "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "nobody"}}],
            "clusters": [{"name": "proxy", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{"name": "nobody", "user": {}}],
        }
        file = folder / "kubeconfig"
        file.write_text(yaml.safe_dump(config))
        return file

    def cut(self) -> int:
        """Reset every connection that is open; how many there were."""

        async def abort() -> int:
            cut = list(self._open)
            for transport in cut:
                transport.abort()
            return len(cut)

        return asyncio.run_coroutine_threadsafe(abort(), self._loop).result(10)

    def _run(self, started: threading.Event) -> None:
        with closing(self._loop):
            self._loop.run_until_complete(self._serve(started))

    async def _serve(self, started: threading.Event) -> None:
        self._ended = asyncio.Event()
        connector = aiohttp.TCPConnector(ssl=self._credentials.ssl_context(), limit=0)
        timeout = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as session:
            self._session = session
            application = web.Application(client_max_size=8 * 1024**2)
            application.router.add_route("*", "/{path:.*}", self._pass)
            runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.port = runner.addresses[0][1]
            started.set()
            await self._ended.wait()
            await runner.cleanup()
            await connector.close(abort_ssl=True)
        await asyncio.sleep(
            0.25
        )  # aborted TLS connections close their sockets some turns of the loop later and tell nobody

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        if status := self.refuse(request.method, request.path):
            self.refused += 1
            return _refusal(status)
        assert isinstance(request.transport, asyncio.Transport)
        transport = request.transport
        self._open.add(transport)
        try:
            headers = {name: value for name, value in request.headers.items() if name.lower() not in _OF_ONE_HOP}
            url, body = self._credentials.server + request.path_qs, await request.read()
            async with self._session.request(
                request.method, url, data=body or None, headers=headers, skip_auto_headers=("Content-Type",)
            ) as answer:
                return await _stream(request, answer)
        except aiohttp.ClientError as error:
            return web.Response(status=502, text=str(error))
        finally:
            self._open.discard(transport)


async def _stream(request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    kept = {name: value for name, value in answer.headers.items() if name.lower() not in _OF_ONE_HOP}
    response = web.StreamResponse(status=answer.status, headers=kept)
    await response.prepare(request)
    async for part in answer.content.iter_any():
        await response.write(part)
    await response.write_eof()
    return response


def _refusal(status: int) -> web.Response:
    reason = {409: "Conflict", 429: "TooManyRequests"}.get(status, "InternalError")
    said = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": "refused by a test"}
    headers = {"Retry-After": "1"} if status == 429 else {}
    return web.Response(
        status=status, text=json.dumps({**said, "code": status}), content_type="application/json", headers=headers
    )
