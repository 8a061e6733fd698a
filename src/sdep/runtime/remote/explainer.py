"""The predictor's explainer, as the engine reaches it: found anew by each request, so that no pod need be told of it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

from pyreqwest.exceptions import ConnectError, ConnectTimeoutError, PyreqwestError, RequestTimeoutError

from sdep.contract import EXPLAIN_PATH
from sdep.runtime.errors import BusyError, NotFoundError, NotReadyError, OverdueError, RemoteError
from sdep.runtime.remote.rest import NOT_FORWARDED, make_client

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_SECONDS = 60.0
MOST_AT_ONCE = 32
"""Explanations that one engine waits for. An explainer makes few at a time, and predictions need the connections."""
_NO_SUCH_NAME = ("Name or service not known", "No address associated with hostname", "nodename nor servname")
_OF_THE_BODY = ("content-type",)


class Answered(NamedTuple):
    code: int
    content_type: str
    body: bytes


class RemoteExplainer:
    """`address` is `host:port`."""

    def __init__(self, address: str) -> None:
        self._url = f"http://{address}{EXPLAIN_PATH}"
        self._address = address
        self._client = make_client()
        self._asked = 0

    async def explain(self, body: bytes, headers: Mapping[str, str], deadline: float | None) -> Answered:
        """Its own answer, whatever it is. `deadline` is in monotonic seconds. Raises a ServingError where there is no answer in time."""
        longest = LONGEST_SECONDS
        seconds = longest if deadline is None else max(0.0, min(longest, deadline - time.monotonic()))
        if self._asked >= MOST_AT_ONCE:
            raise BusyError(f"{self._asked} explanations are being made already: ask again")
        self._asked += 1
        try:
            return await self._ask(body, headers, seconds)
        finally:
            self._asked -= 1

    async def _ask(self, body: bytes, headers: Mapping[str, str], seconds: float) -> Answered:
        sent = {name: value for name, value in headers.items() if name in _OF_THE_BODY or name not in NOT_FORWARDED}
        try:
            async with asyncio.timeout(seconds):
                response = await self._client.post(self._url).body_bytes(body).headers(sent).build().send()
                content_type = response.headers.get("content-type", "application/json")
                return Answered(response.status, content_type, bytes(await response.bytes()))
        except (TimeoutError, RequestTimeoutError) as error:
            raise OverdueError("explainer", f"no answer from {self._address} within {seconds:.3g} s") from error
        except (ConnectError, ConnectTimeoutError) as error:
            if any(words in str(error.details) for words in _NO_SUCH_NAME):
                message = (
                    f"there is no explainer at {self._address}: give the predictor one, as `explainer` in the manifest"
                )
                raise NotFoundError(message) from error
            raise NotReadyError(
                f"the explainer at {self._address} takes no connection: it may still be starting"
            ) from error
        except PyreqwestError as error:
            raise RemoteError("explainer", f"the connection to {self._address} broke: {error.message}") from error
