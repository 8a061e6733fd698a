"""The door to Prometheus: one number for one query, within a bounded time."""

from __future__ import annotations

import json
from typing import Any

import aiohttp

from sdep.rollout.analysis.query import Answer
from sdep.rollout.scraped import Sample

_SECONDS = 5.0
_MOST_BYTES = 1 << 20
_LONGEST = 300
_MOST_SERIES = 2
"""More than one is too many; servers before 2.54 send them all."""
_NO_ANSWER = (aiohttp.ClientError, TimeoutError, ValueError)


class PrometheusDoor:
    """The address is the installation's alone: a manifest says what is asked, never where."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url.rstrip("/")

    @property
    def is_open(self) -> bool:
        """Whether the installation names a Prometheus."""
        return bool(self._url)

    async def ask(self, query: str) -> Answer:
        """The one number that the query is answered with now, or why there is none."""
        try:
            return read(*await self._post(query, limit=str(_MOST_SERIES)))
        except _NO_ANSWER as error:
            return Answer(error=_said(error))

    async def series(self, query: str) -> tuple[list[Sample], str]:
        """All series that the query is answered with now; none, and why, where there is no answer."""
        try:
            return read_series(*await self._post(query))
        except _NO_ANSWER as error:
            return [], _said(error)

    async def _post(self, query: str, **words: str) -> tuple[int, bytes]:
        words = {"query": query, "timeout": f"{_SECONDS:g}s", **words}
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        async with self._http.post(
            f"{self._url}/api/v1/query", data=words, timeout=timeout, allow_redirects=False
        ) as response:
            return response.status, await _body(response)


def read(status: int, body: bytes) -> Answer:
    """What Prometheus says, or somebody else at its address."""
    try:
        data, error = _data(status, body)
        return Answer(error=error) if error else _number(data["resultType"], data["result"])
    except (ValueError, LookupError, TypeError):
        return Answer(error=_stranger(status))


def read_series(status: int, body: bytes) -> tuple[list[Sample], str]:
    try:
        data, error = _data(status, body)
        if error:
            return [], error
        return [Sample(one["metric"], float(one["value"][1])) for one in data["result"]], ""
    except (ValueError, LookupError, TypeError):
        return [], _stranger(status)


def _data(status: int, body: bytes) -> tuple[dict[str, Any], str]:
    """The answer, or what Prometheus says against the query. Raises ValueError, LookupError or TypeError of somebody else's."""
    said = json.loads(body)
    if said["status"] != "success":
        return {}, f"Prometheus answers {status}: {said['error']}"[:_LONGEST]
    data: dict[str, Any] = said["data"]
    return data, ""


def _stranger(status: int) -> str:
    return f"what answers {status} is no Prometheus"


def _said(error: Exception) -> str:
    return f"Prometheus does not answer: {str(error) or type(error).__name__}"[:_LONGEST]


def _number(kind: str, result: list[Any]) -> Answer:
    if kind not in {"scalar", "vector"}:
        return Answer(error=f"the answer is a {kind} and no number")
    if not result:
        return Answer(error="there is no series")
    if kind == "vector" and len(result) > 1:
        return Answer(error="there is more than one series: aggregate them, as with sum()")
    value = str((result if kind == "scalar" else result[0]["value"])[1])
    float(value)
    return Answer(value)


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """No more than a megabyte of it."""
    body = b""
    async for part in response.content.iter_any():
        body += part
        if len(body) > _MOST_BYTES:
            raise ValueError("the answer is longer than a megabyte")
    return body
