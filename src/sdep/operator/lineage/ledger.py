"""What receivers were told of, kept in a ConfigMap: of what is deleted while no operator runs, nobody else remembers it."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sdep.api.status import ReceiverName, Told
from sdep.cluster.client import Cluster
from sdep.errors import SdepError
from sdep.operator.store import ObjectName
from sdep.render.manifest import Key, Manifest
from sdep.settings import OperatorSettings

_LOG = logging.getLogger(__name__)
_GATHER_SECONDS = 2.0
"""What changes together is written together."""
_PAUSE_SECONDS = 30.0
MOST_BYTES = 1_000_000
"""As base64, of an object that may have 1 MiB before it is written so: enough for ten thousand entries."""
_CONTENT = "told.json.gz"

Place = tuple[ReceiverName, ObjectName]


class Entry(NamedTuple):
    """What the end of a SeldonDeployment is told with: `uid` tells it from a later one of its name."""

    uid: str
    models: tuple[str, ...]
    runs: tuple[tuple[str, str], ...]

    def told(self, receiver: ReceiverName) -> Told:
        return Told(receiver=receiver, digest="", models=list(self.models), runs=dict(self.runs))


class Ledger:
    """Written by the leader, a moment after something changed in it, and never waited for."""

    def __init__(self, cluster: Cluster, settings: OperatorSettings) -> None:
        self._cluster = cluster
        self._key = Key("v1", "ConfigMap", settings.pod_namespace, f"{settings.leader_election_id}-lineage")
        self._entries: dict[Place, Entry] = {}
        self._changed = asyncio.Event()

    def put(self, receiver: ReceiverName, name: ObjectName, uid: str, told: Told) -> None:
        entry = Entry(uid, tuple(told.models), tuple(sorted(told.runs.items())))
        if self._entries.get((receiver, name)) != entry:
            self._entries[receiver, name] = entry
            self._changed.set()

    def begin(self, receiver: ReceiverName, name: ObjectName, uid: str, told: Told) -> None:
        """What a status says, where nothing is known better."""
        if (receiver, name) not in self._entries:
            self.put(receiver, name, uid, told)

    def get(self, receiver: ReceiverName, name: ObjectName) -> Entry | None:
        return self._entries.get((receiver, name))

    def drop(self, receiver: ReceiverName, name: ObjectName) -> None:
        if self._entries.pop((receiver, name), None):
            self._changed.set()

    async def read(self) -> dict[Place, Entry]:
        """What was written by the leader before. Raises SdepError where it can not be read."""
        body = await self._cluster.get(self._key) or {}
        found = unpacked((body.get("binaryData") or {}).get(_CONTENT, ""))
        self._entries = {**found, **self._entries}
        return found

    async def keep(self) -> None:
        """For ever. To be called after `read`, since it writes over what is there."""
        while True:
            await self._changed.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            self._changed.clear()
            try:
                await self._cluster.apply(self._manifest())
            except SdepError as error:
                _LOG.warning("what receivers of lineage were told is not kept: %s", error.message)
                self._changed.set()
                await asyncio.sleep(_PAUSE_SECONDS)

    def _manifest(self) -> Manifest:
        metadata = {"name": self._key.name, "namespace": self._key.namespace}
        content = {_CONTENT: packed(self._entries)}
        return Manifest(
            {"apiVersion": self._key.api, "kind": self._key.kind, "metadata": metadata, "binaryData": content}
        )


def packed(entries: Mapping[Place, Entry]) -> str:
    """As many as there is room for, the oldest first."""
    lines = [[receiver, *name, *entry] for (receiver, name), entry in entries.items()]
    while len(text := _pressed(lines)) > MOST_BYTES:
        lines = lines[: len(lines) * 9 // 10]
        _LOG.warning("there is room for %d of %d entries of what receivers were told", len(lines), len(entries))
    return text


def unpacked(text: str) -> dict[Place, Entry]:
    """Nothing of what somebody else has written there."""
    try:
        lines = json.loads(gzip.decompress(base64.b64decode(text))) if text else []
        return dict(_read(line) for line in lines)
    except (ValueError, OSError, EOFError, TypeError) as error:
        _LOG.warning("what receivers of lineage were told can not be read, and begins anew: %s", error)
        return {}


def _read(line: Iterable[Any]) -> tuple[Place, Entry]:
    receiver, namespace, name, uid, models, runs = line
    return (receiver, (namespace, name)), Entry(uid, tuple(models), tuple((one, run) for one, run in runs))


def _pressed(lines: list[list[Any]]) -> str:
    """The same for the same entries, whenever it is made."""
    return base64.b64encode(gzip.compress(json.dumps(lines).encode(), mtime=0)).decode()
