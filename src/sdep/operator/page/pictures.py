"""Pictures of explanations, which the explainers' pods draw: asked for on behalf of browsers, and kept for a while.

However many look on, a pod is asked once in that while; and however long it takes, or much it sends, nobody else waits for it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import NamedTuple

import aiohttp

from sdep.contract import EXAMPLE_PATH
from sdep.errors import InvalidError, TransientError

SVG = "image/svg+xml"
SECONDS = 15.0
"""How long a pod may take for one."""
MOST_BYTES = 256 * 1024
MOST_AT_ONCE = 8
MOST_KEPT = 40
"""About 10 MiB where each is as large as it may be."""
KEPT_SECONDS = 300.0
KEPT_FAILURE_SECONDS = 15.0
_EXCERPT = 300


Refusal = InvalidError | TransientError


class _Kept(NamedTuple):
    until: float
    picture: bytes | Refusal


def session() -> aiohttp.ClientSession:
    """What a pod sends is taken as it is: a little that is compressed may be much."""
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        headers={"Accept": SVG, "Accept-Encoding": "identity"},
    )


class Pictures:
    def __init__(self, http: aiohttp.ClientSession, clock: Callable[[], float] = time.monotonic) -> None:
        self._http = http
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._asked: dict[str, asyncio.Task[_Kept]] = {}

    async def of(self, address: str, pod: str) -> bytes:
        """SVG of the explanation of an example. Raises InvalidError or TransientError with a sentence for who looks on."""
        key = f"{pod} {address}"
        kept = self._kept.get(key)
        if kept is None or kept.until < self._clock():
            kept = await self._new(key, address, pod)
        if isinstance(kept.picture, bytes):
            return kept.picture
        raise kept.picture.with_traceback(None)

    async def close(self) -> None:
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)

    async def _new(self, key: str, address: str, pod: str) -> _Kept:
        """Asked once for all who want it now; a browser that goes away ends no other's wait."""
        if key not in self._asked:
            if len(self._asked) >= MOST_AT_ONCE:
                raise TransientError(
                    "TooManyAsked", f"{MOST_AT_ONCE} pictures are being drawn already: try again later"
                )
            self._asked[key] = asyncio.create_task(self._keep(key, address, pod))
        return await asyncio.shield(self._asked[key])

    async def _keep(self, key: str, address: str, pod: str) -> _Kept:
        try:
            found = await self._picture(address, pod)
        finally:
            del self._asked[key]
        self._kept.pop(key, None)
        while len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        seconds = KEPT_SECONDS if isinstance(found, bytes) else KEPT_FAILURE_SECONDS
        kept = self._kept[key] = _Kept(self._clock() + seconds, found)
        return kept

    async def _picture(self, address: str, pod: str) -> bytes | Refusal:
        try:
            return await self._drawn(address, pod)
        except (InvalidError, TransientError) as error:
            return error
        except TimeoutError:
            return TransientError("NoAnswer", f"the explainer {pod} drew no picture within {SECONDS:g} seconds")
        except aiohttp.ClientError as error:
            return TransientError("NoAnswer", f"the explainer {pod} can not be asked: {error}")

    async def _drawn(self, address: str, pod: str) -> bytes:
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        url = f"http://{address}{EXAMPLE_PATH}"
        async with self._http.get(url, timeout=timeout, allow_redirects=False) as answer:
            body = await _limited(answer.content, pod)
            if answer.status == 200 and answer.content_type == SVG:  # noqa: PLR2004 - HTTP's own number
                return body
            raise _refusal(answer.status, body, pod)


async def _limited(content: aiohttp.StreamReader, pod: str) -> bytes:
    body = b""
    async for part in content.iter_any():
        body += part
        if len(body) > MOST_BYTES:
            raise InvalidError("TooLarge", f"the picture of the explainer {pod} has more than {MOST_BYTES // 1024} KiB")
    return body


def _refusal(status: int, body: bytes, pod: str) -> InvalidError:
    """An explainer in an image of its own has no such path."""
    if status in {404, 405}:
        return InvalidError(
            "NoPicture", f"the explainer {pod} draws no pictures: an image of its own is what runs there"
        )
    return InvalidError("NoPicture", f"the explainer {pod} answers {status} instead of a picture: {_said(body)}")


def _said(body: bytes) -> str:
    """The sentence in v1's status object, else how it begins."""
    try:
        return str(json.loads(body)["status"]["info"])[:_EXCERPT]
    except (ValueError, KeyError, TypeError):
        return body[:_EXCERPT].decode(errors="replace").strip()
