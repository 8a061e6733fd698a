"""Kubernetes events: what changed, said once, without keeping a reconcile waiting."""

from __future__ import annotations

import asyncio
import logging
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal

from sdep.api.seldon_deployment import API_VERSION, KIND, SeldonDeployment
from sdep.cluster.client import Cluster
from sdep.errors import SdepError

COMPONENT = "seldon-controller-manager"
"""The source by which v1's events are known."""

_LOG = logging.getLogger(__name__)
_LONGEST_MESSAGE = 1000
_WAITING_AT_MOST = 4000
_LATE_AT_MOST_SECONDS = 5.0
"""How long an event waits for a moment in which users ask for nothing."""


class Events:
    """Posts in the order of `emit`. When the API server is too slow for them, new events are dropped and logged."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._waiting: asyncio.Queue[dict[str, object]] = asyncio.Queue(_WAITING_AT_MOST)

    def emit(self, sdep: SeldonDeployment, kind: Literal["Normal", "Warning"], reason: str, message: str) -> None:
        _LOG.info("%s/%s: %s: %s", *sdep.key, reason, message)
        try:
            self._waiting.put_nowait(_event(sdep, kind, reason, message))
        except asyncio.QueueFull:
            _LOG.warning("%s/%s: an event was dropped: %s", *sdep.key, reason)

    async def post(self, calm: asyncio.Event) -> None:
        """Post what is emitted, for ever, while it is calm or when it has waited long enough."""
        while True:
            event = await self._waiting.get()
            if self._waiting.qsize() < _WAITING_AT_MOST // 2:
                with suppress(TimeoutError):
                    await asyncio.wait_for(calm.wait(), _LATE_AT_MOST_SECONDS)
            try:
                await self._cluster.create_event(event)
            except SdepError as error:  # an event is never worth a failure
                _LOG.warning("an event was not posted: %s", error.message)


def _event(sdep: SeldonDeployment, kind: str, reason: str, message: str) -> dict[str, object]:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    namespace, name = sdep.key
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{name[:200]}.{uuid.uuid4().hex[:16]}", "namespace": namespace},
        "involvedObject": {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "namespace": namespace,
            "name": name,
            "uid": sdep.metadata.uid,
        },
        "type": kind,
        "reason": reason,
        "message": message[:_LONGEST_MESSAGE],
        "source": {"component": COMPONENT},
        "reportingComponent": COMPONENT,
        "reportingInstance": COMPONENT,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
