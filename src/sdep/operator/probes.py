"""What the kubelet and Prometheus ask the operator: /healthz, /readyz and /metrics."""

from __future__ import annotations

import asyncio

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


async def serve(port: int, ready: asyncio.Event, tasks: list[asyncio.Task[None]]) -> web.AppRunner:
    """Start answering. Healthy while every task of the operator runs; ready once `ready` says that watches can start."""

    async def healthz(_: web.Request) -> web.Response:
        dead = [task.get_name() for task in tasks if task.done()]
        return web.Response(status=503 if dead else 200, text=f"ended: {', '.join(dead)}" if dead else "ok")

    async def readyz(_: web.Request) -> web.Response:
        return web.Response(status=200 if ready.is_set() else 503, text="ok" if ready.is_set() else "starting")

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, port=port).start()
    return runner
