"""The door to what predictors did: engines are asked over HTTP, each pod at its own address."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from pydantic import ValidationError

from sdep.evidence.evidence import PATH, Evidence
from sdep.rollout.collect import Side, Told

_LOG = logging.getLogger(__name__)
_SECONDS = 2.0
"""How long one pod may take: it answers from memory."""


@dataclass(frozen=True)
class Asked:
    """A pod that is asked, and whether its engine speaks TLS, with a certificate that is the user's own affair."""

    pod: Mapping[str, Any]
    side: Side
    port: int
    tls: bool = False


class EvidenceDoor:
    """One session for all pods. What a pod does not tell is asked again at the next look."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def tell(self, asked: Iterable[Asked]) -> list[Told]:
        """What those pods tell that answer."""
        found = await asyncio.gather(*(self._told(one) for one in asked))
        return [told for told in found if told]

    async def _told(self, asked: Asked) -> Told | None:
        metadata, status = asked.pod["metadata"], asked.pod.get("status") or {}
        address = status.get("podIP", "")
        if not address:
            return None
        host = f"[{address}]" if ":" in address else address
        url = f"http{'s' if asked.tls else ''}://{host}:{asked.port}{PATH}"
        try:
            evidence = await self._get(url)
        except (aiohttp.ClientError, TimeoutError, ValidationError) as error:
            _LOG.warning("%s/%s tells no evidence: %s", metadata["namespace"], metadata["name"], repr(error)[:200])
            return None
        return Told(metadata["uid"], asked.side, metadata["creationTimestamp"], evidence)

    async def _get(self, url: str) -> Evidence:
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        async with self._http.get(url, timeout=timeout, ssl=False) as response:
            response.raise_for_status()
            return Evidence.model_validate_json(await response.read(), by_alias=True, by_name=False)
