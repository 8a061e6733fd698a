"""Requests to addresses that a manifest names: no redirect is followed, and no name leads to where only the operator's own node is."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

_LONGEST_BODY = 4096


class _Guarded(AbstractResolver):
    """A Service of type ExternalName has an allowed name and leads anywhere: to a cloud's metadata, or to our own probes."""

    def __init__(self) -> None:
        self._names = aiohttp.DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._names.resolve(host, port, family)
        able = [one for one in found if not _is_local(one["host"])]
        if not able:
            raise OSError(None, f"{host} leads to an address of this machine or link")
        return able

    async def close(self) -> None:
        await self._names.close()


def session() -> aiohttp.ClientSession:
    """Keeps no cookies: what one receiver sets is not for another."""
    connector = aiohttp.TCPConnector(resolver=_Guarded())
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


async def post(http: aiohttp.ClientSession, url: str, content: object, seconds: float) -> tuple[int, str, bytes]:
    """Status, type and the first bytes of the answer. Raises aiohttp's ClientError, or TimeoutError."""
    timeout = aiohttp.ClientTimeout(total=seconds)
    async with http.post(url, json=content, timeout=timeout, allow_redirects=False) as response:
        return response.status, response.content_type, await response.content.read(_LONGEST_BODY)


def _is_local(address: str) -> bool:
    """An IPv6 address may hold one of IPv4, or end with the name of an interface."""
    found = ip_address(address.partition("%")[0])
    found = getattr(found, "ipv4_mapped", None) or found
    return found.is_loopback or found.is_link_local or found.is_unspecified or found.is_multicast
