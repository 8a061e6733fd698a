"""MLflow's webhooks come in here, at any replica: the leader acts on them, the others hand them on to it.

Whoever leads writes into its Lease where it is reached, so the others need no further right to find it. They hand on what was
signed, byte for byte, and the leader believes it for the same reason. Where nobody can be reached the answer is 503: MLflow
tries again, and the next poll would find the move in any case.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
from aiohttp import web

from sdep.operator.election import Election
from sdep.operator.metrics import DELIVERIES
from sdep.registry.webhook import DELIVERY_ID, FRESH_SECONDS, SIGNATURE, TIMESTAMP, Delivery, delivery, model_told_of
from sdep.registry.webhook import refusal as refused

_LOG = logging.getLogger(__name__)
PATH = "/mlflow"
HANDED_ON = "X-Sdep-Handed-On"
"""Of a delivery that another replica took in: who does not lead hands it on no further."""
_LONGEST_BODY = 1 << 20
"""A version's tags and description come with it, 100 000 characters each."""
_BODY_SECONDS = 5.0
_HAND_ON_SECONDS = 3.0
_MOST_REMEMBERED = 10_000


class Deliveries:
    """Believes what a secret of the folder signed not long ago. `heard` is called with the model that a new one is about."""

    def __init__(self, secrets: Path, election: Election, heard: Callable[[str], None]) -> None:
        self._secrets = secrets
        self._election = election
        self._heard = heard
        self._taken: dict[str, float] = {}

    def app(self, http: aiohttp.ClientSession) -> web.Application:
        app = web.Application(client_max_size=_LONGEST_BODY)

        async def take(request: web.Request) -> web.Response:
            outcome, status, text = await self._take(request, http)
            DELIVERIES.labels(outcome=outcome).inc()
            if text:
                _LOG.warning("a delivery of MLflow's from %s: %s", request.remote, text)
            return web.Response(status=status, text=text)

        app.add_routes([web.post(PATH, take)])
        return app

    async def _take(self, request: web.Request, http: aiohttp.ClientSession) -> tuple[str, int, str]:
        """What became of it, and the answer's status and text."""
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                given = delivery(request.headers, await request.read())
        except TimeoutError:
            return "refused", 408, "the body did not come in time"
        except web.HTTPRequestEntityTooLarge:
            return "refused", 413, f"the body is longer than {_LONGEST_BODY} bytes"
        if why := refused(given, self._known(), time.time()):
            return "refused", 401, why
        if not self._election.leading.is_set():
            return await self._hand_on(given, http, again=HANDED_ON in request.headers)
        return self._act(given)

    def _act(self, given: Delivery) -> tuple[str, int, str]:
        if not self._is_new(given.id):
            return "replayed", 204, ""
        try:
            model = model_told_of(given.body)
        except ValueError as error:
            return "refused", 400, str(error)
        if not model:
            return "ignored", 204, ""
        self._heard(model)
        return "heard", 204, ""

    async def _hand_on(self, given: Delivery, http: aiohttp.ClientSession, *, again: bool) -> tuple[str, int, str]:
        leader = self._election.leader_address
        if again or not leader:
            return "unheard", 503, "no replica is known to lead just now: try again"
        headers = {SIGNATURE: given.signature, DELIVERY_ID: given.id, TIMESTAMP: given.timestamp, HANDED_ON: "true"}
        timeout = aiohttp.ClientTimeout(total=_HAND_ON_SECONDS)
        try:
            async with http.post(
                f"http://{leader}{PATH}", data=given.body, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return "unheard", 503, f"the leader at {leader} gives no answer ({type(error).__name__}): try again"
        if status // 100 != 2:  # noqa: PLR2004 - 2xx
            return "unheard", 503, f"the leader at {leader} answers {status}: try again"
        return "handed_on", 204, ""

    def _known(self) -> list[bytes]:
        """Every key of the mounted Secret is a secret, read anew each time: so one can be changed for another without a gap."""
        files = [file for file in self._secrets.glob("*") if file.is_file()] if self._secrets.is_dir() else []
        return [secret for file in files if (secret := file.read_bytes().strip())]

    def _is_new(self, name: str) -> bool:
        """Whether no delivery of this id was taken before. One is remembered until its timestamp is stale for certain."""
        now = time.monotonic()
        while self._taken and (next(iter(self._taken.values())) < now or len(self._taken) >= _MOST_REMEMBERED):
            del self._taken[next(iter(self._taken))]
        if name in self._taken:
            return False
        self._taken[name] = now + 2 * FRESH_SECONDS
        return True


async def serve(deliveries: Deliveries, http: aiohttp.ClientSession, port: int) -> web.AppRunner:
    """Start listening."""
    runner = web.AppRunner(deliveries.app(http), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, port=port).start()
    return runner
