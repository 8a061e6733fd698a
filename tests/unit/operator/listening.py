"""A server of a test that answers posts and keeps what it was sent."""

from __future__ import annotations

import asyncio
from typing import Any, Self

from aiohttp import web


class Listening:
    """`answers` holds what is answered by path; a path that is not there answers 204. `/slow` waits for `release`."""

    def __init__(self) -> None:
        self.answers: dict[str, web.Response] = {}
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.release = asyncio.Event()
        self.came = asyncio.Event()
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.release.set()
        assert self._runner
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.path, await request.json()))
        self.came.set()
        if request.path == "/slow":
            await self.release.wait()
        told = self.answers.get(request.path)
        if told is None:
            return web.Response(status=204)
        return web.Response(status=told.status, body=told.body, headers=told.headers.copy())
