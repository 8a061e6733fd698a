"""Notifications of rollouts: sent beside the reconciles, tried a few times, and never worth a failure."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Sequence
from typing import Any

import aiohttp

from sdep.api.rollout_annotation import rollout_of
from sdep.api.rollout_notify import Notify
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.status import RolloutStatus
from sdep.api.web_address import host_of, refusal
from sdep.cluster.client import Cluster
from sdep.errors import InvalidError, SdepError
from sdep.operator.events import Events
from sdep.operator.metrics import NOTIFICATIONS
from sdep.operator.outside import post
from sdep.render.manifest import Key
from sdep.rollout.notice import content, told

_LOG = logging.getLogger(__name__)
_SECONDS = 5.0
_WAITING_AT_MOST = 1000
_PAUSES = (1.0, 5.0, 30.0)
"""Before each further try, in seconds."""
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500


class Notices:
    """What was not delivered by the last try is dropped, counted, and an event says so. With an operator that ends, so is what waits."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        cluster: Cluster,
        events: Events,
        allowed: Sequence[str],
        pauses: Sequence[float] = _PAUSES,
    ) -> None:
        self._http = http
        self._cluster = cluster
        self._events = events
        self._allowed = allowed
        self._pauses = pauses
        self._sending: set[asyncio.Task[None]] = set()

    def send(self, sdep: SeldonDeployment, status: RolloutStatus) -> None:
        """Begin to tell everybody who wants to know."""
        spec = rollout_of(sdep)
        for notify in told(spec, status) if spec else ():
            if len(self._sending) >= _WAITING_AT_MOST:
                NOTIFICATIONS.labels(outcome="dropped").inc()
                _LOG.warning("%s/%s: a notification was dropped: too many wait", *sdep.key)
                continue
            task = asyncio.create_task(self._deliver(sdep, notify, content(notify, *sdep.key, status)), name="notice")
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def close(self) -> None:
        sending = list(self._sending)
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)

    async def _deliver(self, sdep: SeldonDeployment, notify: Notify, body: dict[str, Any]) -> None:
        why = ""
        for pause in (0.0, *self._pauses):
            await asyncio.sleep(pause)
            why, again = await self._tried(sdep.key[0], notify, body)
            if not again:
                break
        NOTIFICATIONS.labels(outcome="failed" if why else "delivered").inc()
        if why:
            self._events.emit(sdep, "Warning", "NotificationFailed", f"nobody was told of the rollout: {why}")

    async def _tried(self, namespace: str, notify: Notify, body: dict[str, Any]) -> tuple[str, bool]:
        """Why it was not delivered, "" where it was, and whether another try may end otherwise. No message holds the address."""
        try:
            url, fault = await self._address(namespace, notify)
        except InvalidError:
            return (
                "the operator may not read the secret that urlFrom names: add it to rollouts.secrets of the chart",
                False,
            )
        except SdepError as error:
            return error.message, True
        if why := fault or refusal(url, self._allowed):
            return why, False
        try:
            code, _, _ = await post(self._http, url, body, _SECONDS)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return f"{host_of(url)} gives no answer ({type(error).__name__})", True
        if code // 100 == 2:  # noqa: PLR2004 - 2xx
            return "", False
        return f"{host_of(url)} answers {code}", code == _TOO_MANY_REQUESTS or code >= _SERVER_ERROR

    async def _address(self, namespace: str, notify: Notify) -> tuple[str, str]:
        """The address, or why there is none. Raises SdepError where a secret can not be read."""
        if notify.url_from is None:
            return notify.url or "", ""
        name, key = notify.url_from.secret_key_ref.name, notify.url_from.secret_key_ref.key
        secret = await self._cluster.get(Key("v1", "Secret", namespace, name))
        data = (secret or {}).get("data") or {}
        if key not in data:
            return "", f"the secret {name!r} in namespace {namespace} does not exist, or has no {key!r}"
        return base64.b64decode(data[key]).decode(errors="replace").strip(), ""
