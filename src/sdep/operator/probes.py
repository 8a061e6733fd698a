"""What the kubelet and Prometheus ask the operator: /healthz, /readyz and /metrics."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from sdep.operator.health import Health


async def serve(port: int, health: Health) -> web.AppRunner:
    """Start answering."""

    async def healthz(_: web.Request) -> web.Response:
        ailments = await health.ailments()
        return web.Response(status=503 if ailments else 200, text="; ".join(ailments) or "ok")

    async def readyz(_: web.Request) -> web.Response:
        ready = health.ready()
        return web.Response(status=200 if ready else 503, text="ok" if ready else "starting")

    async def metrics(_: web.Request) -> web.Response:
        health.measure()
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, port=port).start()
    return runner
