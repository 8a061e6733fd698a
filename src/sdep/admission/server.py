"""The webhook's HTTPS server."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable

from aiohttp import web

from sdep.admission.review import review
from sdep.settings import OperatorSettings

PATH = "/validate-machinelearning-seldon-io-v1-seldondeployment"
_LARGEST_BODY = 8 * 1024 * 1024
"""A review holds the object twice, and the API server takes objects of up to 3 MiB."""

Observe = Callable[[bool, float], None]


async def serve(settings: OperatorSettings, context: ssl.SSLContext, observe: Observe) -> web.AppRunner:
    """Start answering. `observe(allowed, seconds)` is called for each review."""

    async def validate(request: web.Request) -> web.Response:
        body = await request.read()
        started = time.perf_counter()
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError):
            return web.Response(status=400, text="the body is no JSON")
        answer = review(asked, settings)
        observe(bool(answer["response"]["allowed"]), time.perf_counter() - started)
        return web.json_response(answer)

    app = web.Application(client_max_size=_LARGEST_BODY)
    app.add_routes([web.post(PATH, validate)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, port=settings.webhook_port, ssl_context=context).start()
    return runner
