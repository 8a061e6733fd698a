"""What the API server serves of the kinds that are to be watched: asked before watches open, and again as long as they run.

kopf asks once when it starts, and once more when a CustomResourceDefinition changes. An API server that is starting itself knows but
some of its groups for a moment; what it leaves out then would never be watched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from itertools import groupby

from kopf._cogs.structs.references import Insights  # the only way to learn what kopf watches

from sdep.cluster.client import Cluster
from sdep.errors import InvalidError, TransientError

_BETWEEN_QUESTIONS_SECONDS = 0.5
_BETWEEN_LOOKS_SECONDS = 30.0

ResourceName = tuple[str, str, str]
"""(group, version, plural); the core group is ""."""


class Discovery:
    """`wanted` are all kinds that are to be watched where the API server serves them."""

    def __init__(self, cluster: Cluster, wanted: Collection[ResourceName], watched: Insights) -> None:
        self._cluster = cluster
        self._wanted = sorted(wanted)
        self._watched = watched

    async def wait(self) -> None:
        """Until the API server says that it is ready: it knows all of its kinds then."""
        while not await self._cluster.ready():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(_BETWEEN_QUESTIONS_SECONDS)

    async def run(self) -> None:
        """Raises TransientError where a kind is served and not watched: nothing but a new start finds it."""
        await self._watched.ready_resources.wait()
        before: set[ResourceName] = set()
        while True:
            await asyncio.sleep(_BETWEEN_LOOKS_SECONDS)
            now = await self._unwatched()
            if both := before & now:
                names = ", ".join(".".join(filter(None, (plural, version, group))) for group, version, plural in both)
                raise TransientError("NotWatched", f"the API server serves {names}, which no watch was opened for")
            before = now

    async def _unwatched(self) -> set[ResourceName]:
        watched = {(found.group, found.version, found.plural) for found in self._watched.watched_resources}
        missing = [name for name in self._wanted if name not in watched]
        found: set[ResourceName] = set()
        try:
            for (group, version), names in groupby(missing, key=lambda name: name[:2]):
                served = await self._cluster.served(group, version)
                found |= {name for name in names if name[2] in served}
        except (TransientError, InvalidError):
            return set()
        return found
