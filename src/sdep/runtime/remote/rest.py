"""A unit's container over REST: v1's microservice API, on connections that are kept."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import (
    ConnectError,
    ConnectTimeoutError,
    PyreqwestError,
    RequestError,
    RequestTimeoutError,
)

from sdep.runtime.errors import BadDataError, OverdueError, RemoteError
from sdep.runtime.graph.call import CALL
from sdep.runtime.remote.branch import branch_of
from sdep.runtime.remote.retry import GONE, ONCE, PAUSES, RetryBudget
from sdep.runtime.seldon.codec import answered, encode_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyreqwest.client import Client
    from pyreqwest.request import ConsumedRequest, RequestBuilder

    from sdep.contract import ServedUnit
    from sdep.runtime.graph.remote import Step
    from sdep.runtime.message import Message

OK = 200
CONNECT_SECONDS = 2.0
DIAL_PAUSES = (0.05, 0.2, 0.5)
"""Seconds before each further try to connect, of which there may always be one: nobody has heard anything."""
EXCERPT = 500
"""Characters of an answer that is no status object, for the error's message."""
DEADLINE_HEADER = "x-envoy-expected-rq-timeout-ms"
"""How a proxy of the mesh tells, and is told, how long the client still waits."""

NOT_FORWARDED = frozenset(
    {
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect"),
        *("host", "content-length", "content-type", "content-encoding", "accept-encoding", DEADLINE_HEADER),
    }
)
"""Headers of this connection or of this body; all others go to every container, as in v1."""


def make_client() -> Client:
    """One for all units. A container is called directly, whatever proxies the environment names."""
    builder = ClientBuilder().no_proxy().follow_redirects(enable=False).referer(enable=False)
    return builder.connect_timeout(timedelta(seconds=CONNECT_SECONDS)).build()


class RestService:
    """`timeout` is that of each call, in seconds, as v1's annotation `seldon.io/rest-timeout` has it."""

    hears_feedback = True

    def __init__(self, unit: ServedUnit, client: Client, timeout: float) -> None:
        self._unit = unit.name
        self._base = f"http://{unit.host}:{unit.http_port}"
        self._client = client
        self._timeout = timeout
        self._budget = RetryBudget()

    def label(self, step: Step) -> str:
        return f"/{step}"

    async def transform(self, step: Step, message: Message) -> Message:
        return self._message(await self._post(step, encode_request(message)))

    async def route(self, message: Message) -> int:
        branch = branch_of(await self._post("route", encode_request(message)))
        if branch is None:
            raise RemoteError(self._unit, "/route must answer with the number of a child, as data.ndarray [[0]]")
        return branch

    async def aggregate(self, messages: Sequence[Message]) -> Message:
        return self._message(await self._post("aggregate", encode_request(messages)))

    async def send_feedback(self, feedback: dict[str, Any]) -> Message:
        return self._message(await self._post("send-feedback", orjson.dumps(feedback)))

    async def metadata(self) -> dict[str, Any]:
        return self._object(await self._call(self._client.get(f"{self._base}/metadata")), "/metadata")

    async def status(self) -> dict[str, Any]:
        return self._object(await self._call(self._client.get(f"{self._base}/health/status")), "/health/status")

    async def _post(self, step: Step, body: bytes) -> object:
        request = self._client.post(f"{self._base}/{step}").body_bytes(body)
        return await self._call(request.header("content-type", "application/json"), again=step not in ONCE)

    async def _call(self, request: RequestBuilder, *, has_body: bool = True, again: bool = True) -> object:
        call = CALL.get()
        seconds = call.seconds_left(self._timeout)
        headers = {name: value for name, value in call.headers.items() if name not in NOT_FORWARDED}
        if call.deadline is not None:
            headers[DEADLINE_HEADER] = str(round(seconds * 1000))
        try:
            async with asyncio.timeout(seconds):
                code, body = await self._heard(request.headers(headers), again=again)
        except (ConnectError, ConnectTimeoutError) as error:
            raise RemoteError(self._unit, f"no connection to {self._base}") from error
        except (TimeoutError, RequestTimeoutError) as error:
            raise OverdueError(self._unit, f"no answer from {self._base} within {seconds:.3g} s") from error
        except PyreqwestError as error:
            raise RemoteError(self._unit, f"the connection to {self._base} broke: {error.message}") from error
        if code != OK:
            raise refusal(self._unit, code, body)
        return self._json(body) if has_body else None

    async def _heard(self, request: RequestBuilder, *, again: bool) -> tuple[int, bytes]:
        """Try again after a broken connection or a proxy's word that nobody is there, as far as the budget goes."""
        built = request.build()
        self._budget.earn()
        for pause in PAUSES:
            try:
                code, body = await self._send(built)
            except (ConnectError, RequestTimeoutError):
                raise
            except RequestError:
                if not again or not self._budget.spend():
                    raise
            else:
                if code not in GONE or not again or not self._budget.spend():
                    return code, body
            await asyncio.sleep(pause)
        return await self._send(built)

    async def _send(self, request: ConsumedRequest) -> tuple[int, bytes]:
        for pause in (*DIAL_PAUSES, None):
            try:
                response = await request.copy().send()
            except (ConnectError, ConnectTimeoutError):
                if pause is None:
                    raise
                await asyncio.sleep(pause)
            else:
                return response.status, bytes(await response.bytes())
        raise AssertionError("the last try returns or raises")

    def _json(self, body: bytes) -> object:
        """v1's wrapper writes NaN, which JSON does not have."""
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            pass
        try:
            return json.loads(body)
        except ValueError as error:
            raise RemoteError(self._unit, f"the answer of {self._base} is not JSON: {_excerpt(body)}") from error

    def _message(self, body: object) -> Message:
        try:
            return answered(body)
        except BadDataError as error:
            raise RemoteError(self._unit, f"the answer of {self._base} is no message: {error.message}") from error

    def _object(self, body: object, path: str) -> dict[str, Any]:
        if not isinstance(body, dict):
            raise RemoteError(self._unit, f"{path} of {self._base} must answer with a JSON object")
        return body


def refusal(unit: str, code: int, body: bytes) -> RemoteError:
    """The container's own code, and its own words where it wrote v1's status object, or V2's and TensorFlow's error."""
    try:
        said = orjson.loads(body)
        if isinstance(said.get("error"), str):
            return RemoteError(unit, said["error"], code)
        status = said["status"]
        return RemoteError(unit, str(status["info"]), code, str(status.get("reason") or ""))
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError):
        return RemoteError(unit, f"its container answered {code}: {_excerpt(body)}", code)


def _excerpt(body: bytes) -> str:
    return body[:EXCERPT].decode(errors="replace")
