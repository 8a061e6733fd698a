"""Sends one event to its endpoint: again where that may help, and never for long."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import PyreqwestError

from sdep.runtime.payloads.event import headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyreqwest.client import Client
    from pyreqwest.request import ConsumedRequest

    from sdep.runtime.payloads.event import PayloadEvent

PAUSES = (0.1, 0.5, 2.0)
"""Seconds before each further try, of what was not answered or answered with a code that may pass."""
CONNECT_SECONDS = 2.0
_TRY_AGAIN = frozenset({408, 429, 500, 502, 503, 504})


class UndeliveredError(Exception):
    """Every try failed; the message says how the last one did."""


class Delivery:
    """One endpoint. `seconds` is how long it may take for one event."""

    def __init__(self, url: str, common: Mapping[str, str], seconds: float) -> None:
        self._url = url
        self._common = dict(common)
        self._seconds = timedelta(seconds=seconds)
        self._client: Client | None = None

    async def deliver(self, event: PayloadEvent) -> None:
        """`UndeliveredError` where it was not taken; whatever else comes out is the payload's own fault."""
        for pause in (*PAUSES, None):
            try:
                response = await self._request(event).send()
                if response.headers.get("content-length") != "0":
                    await response.bytes()  # what is unread would keep the connection from its next use
            except PyreqwestError as error:
                said, passing = f"no answer: {error.message}", True
            else:
                if response.status < 300:  # noqa: PLR2004 - 2xx: taken
                    return
                said, passing = f"answered {response.status}", response.status in _TRY_AGAIN
            if pause is None or not passing:
                raise UndeliveredError(said)
            await asyncio.sleep(pause)

    def _request(self, event: PayloadEvent) -> ConsumedRequest:
        if self._client is None:  # made on the loop that uses it
            builder = ClientBuilder().default_headers(self._common)
            builder = builder.follow_redirects(enable=False).timeout(self._seconds)
            self._client = builder.connect_timeout(timedelta(seconds=CONNECT_SECONDS)).build()
        sent = self._client.post(self._url).headers(headers(event))
        return sent.body_bytes(event.body()).build()
