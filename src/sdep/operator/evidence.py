"""The door to what predictors are and did: engines are asked over HTTP, each pod at its own address."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from pydantic import ValidationError

from sdep.api.predictor import Predictor
from sdep.contract import METADATA_PATH
from sdep.evidence import answers
from sdep.evidence.answers import Answers
from sdep.evidence.evidence import PATH, Evidence
from sdep.layout.place import engine_of
from sdep.operator.store import ObjectName, Store
from sdep.plan import Plan
from sdep.render import tls
from sdep.render.labels import APP
from sdep.render.names import predictor_service
from sdep.render.service import entry_ports
from sdep.rollout.collect import Side, Told
from sdep.rollout.metadata import GraphMetadata

_LOG = logging.getLogger(__name__)
_SECONDS = 2.0
"""How long one pod may take: it answers from memory."""


@dataclass(frozen=True)
class Engine:
    """Where a pod is asked, and whether its engine speaks TLS, with a certificate that is the user's own affair."""

    pod: Mapping[str, Any]
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


@dataclass(frozen=True)
class Asked:
    """An engine that is asked, and for which side it speaks."""

    engine: Engine
    side: Side


def engines(store: Store, name: ObjectName, plan: Plan, predictor: Predictor) -> Iterator[Engine]:
    """Those of a predictor, one a pod."""
    service, encrypted = predictor_service(plan, predictor), bool(tls.secret(predictor))
    for pod in store.pods(name):
        if (pod["metadata"].get("labels") or {}).get(APP) == service:
            with_tls = encrypted and engine_of(plan.sdep, predictor) != "none"
            yield Engine(pod, entry_ports(plan, predictor)[0], with_tls)


class EvidenceDoor:
    """One session for all pods. What a pod does not tell is asked again at the next look."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def tell(self, asked: Iterable[Asked]) -> list[Told]:
        """What those pods tell that answer."""
        found = await asyncio.gather(*(self._told(one) for one in asked))
        return [told for told in found if told]

    async def metadata(self, asked: Asked) -> GraphMetadata | None:
        """What a pod says of its models: nothing where it has no such page. None where it does not answer."""
        try:
            return GraphMetadata.model_validate_json(await self._get(asked.engine, METADATA_PATH))
        except (aiohttp.ClientResponseError, ValidationError):
            return GraphMetadata()
        except (aiohttp.ClientError, TimeoutError) as error:
            _silent(asked.engine, "metadata", error)
            return None

    async def answers(self, engine: Engine, since: float) -> Answers | None:
        """What a pod has answered after `since`, on its own clock. None where it tells nothing; another's engine has no such page."""
        try:
            return Answers.model_validate_json(await self._get(engine, f"{answers.PATH}?since={since!r}"))
        except aiohttp.ClientResponseError:
            return None
        except (aiohttp.ClientError, TimeoutError, ValidationError) as error:
            _silent(engine, "answers", error)
            return None

    async def _told(self, asked: Asked) -> Told | None:
        engine = asked.engine
        if not engine.url(PATH):
            return None
        try:
            evidence = Evidence.model_validate_json(await self._get(engine, PATH), by_alias=True, by_name=False)
        except (aiohttp.ClientError, TimeoutError, ValidationError) as error:
            _silent(engine, "evidence", error)
            return None
        return Told(engine.uid, asked.side, engine.pod["metadata"]["creationTimestamp"], evidence)

    async def _get(self, engine: Engine, path: str) -> bytes:
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        async with self._http.get(engine.url(path), timeout=timeout, ssl=False) as response:
            response.raise_for_status()
            return await response.read()


def _silent(engine: Engine, what: str, error: Exception) -> None:
    pod = engine.pod["metadata"]
    _LOG.warning("%s/%s tells no %s: %s", pod["namespace"], pod["name"], what, repr(error)[:200])
