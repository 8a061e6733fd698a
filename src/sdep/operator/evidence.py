"""The door to what predictors are and did: engines are asked over HTTP, each pod at its own address."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
from pydantic import BaseModel, ValidationError

from sdep.contract import METADATA_PATH
from sdep.evidence import answers
from sdep.evidence.answers import Answers
from sdep.evidence.evidence import PATH, Evidence
from sdep.evidence.watched import PATH as DRIFT_PATH
from sdep.evidence.watched import Watched
from sdep.rollout.collect import Told
from sdep.rollout.metadata import GraphMetadata

Said = TypeVar("Said", bound=BaseModel)

_LOG = logging.getLogger(__name__)
_SECONDS = 2.0
"""How long one pod may take: it answers from memory."""


@dataclass(frozen=True)
class Asked:
    """A pod that is asked, whose it is, and whether its engine speaks TLS, with a certificate that is the user's own affair."""

    pod: Mapping[str, Any]
    side: str
    port: int
    tls: bool = False

    @property
    def uid(self) -> str:
        return str(self.pod["metadata"]["uid"])

    def url(self, path: str) -> str:
        """Of the pod itself; "" while it has no address."""
        address = (self.pod.get("status") or {}).get("podIP", "")
        host = f"[{address}]" if ":" in address else address
        return f"http{'s' if self.tls else ''}://{host}:{self.port}{path}" if address else ""


class EvidenceDoor:
    """One session for all pods. What a pod does not tell is asked again at the next look."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def tell(self, asked: Iterable[Asked]) -> list[Told]:
        """What those pods tell that answer."""
        found = await asyncio.gather(*(self._told(one) for one in asked))
        return [told for told in found if told]

    async def watched(self, asked: Asked) -> Watched | None:
        """What a pod has seen of inputs and predictions; None where it does not answer."""
        return await self._said(asked, DRIFT_PATH, Watched, "drift")

    async def metadata(self, asked: Asked) -> GraphMetadata | None:
        """What a pod says of its models: nothing where it has no such page. None where it does not answer."""
        try:
            return GraphMetadata.model_validate_json(await self._get(asked, METADATA_PATH))
        except (aiohttp.ClientResponseError, ValidationError):
            return GraphMetadata()
        except (aiohttp.ClientError, TimeoutError) as error:
            _silent(asked, "metadata", error)
            return None

    async def answers(self, asked: Asked, since: float) -> Answers | None:
        """What a pod has answered after `since`, on its own clock. None where it does not say; another's engine has no such page."""
        try:
            return Answers.model_validate_json(await self._get(asked, f"{answers.PATH}?since={since!r}"))
        except aiohttp.ClientResponseError:
            return None
        except (aiohttp.ClientError, TimeoutError, ValidationError) as error:
            _silent(asked, "answers", error)
            return None

    async def _told(self, asked: Asked) -> Told | None:
        evidence = await self._said(asked, PATH, Evidence, "evidence")
        if evidence is None:
            return None
        return Told(asked.uid, asked.side, asked.pod["metadata"]["creationTimestamp"], evidence)

    async def _said(self, asked: Asked, path: str, kind: type[Said], what: str) -> Said | None:
        """None where a pod has no address, gives no answer, or one that is not of this kind."""
        if not asked.url(path):
            return None
        try:
            return kind.model_validate_json(await self._get(asked, path), by_alias=True, by_name=False)
        except (aiohttp.ClientError, TimeoutError, ValidationError) as error:
            _silent(asked, what, error)
            return None

    async def _get(self, asked: Asked, path: str) -> bytes:
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        async with self._http.get(asked.url(path), timeout=timeout, ssl=False) as response:
            response.raise_for_status()
            return await response.read()


def _silent(asked: Asked, what: str, error: Exception) -> None:
    pod = asked.pod["metadata"]
    _LOG.warning("%s/%s tells no %s: %s", pod["namespace"], pod["name"], what, repr(error)[:200])
