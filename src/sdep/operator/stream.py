"""What kopf's watches hear, seen before kopf does: how fresh each is, and which objects a new listing no longer has."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kopf._cogs.clients import watching  # no public way leads to bookmarks and to the end of a listing
from kopf._cogs.structs.references import Insights

SILENT_AT_MOST_SECONDS = 240.0
"""The API server sends a bookmark every minute; kopf gives up a connection after 70 seconds of silence and opens another."""

_LOG = logging.getLogger(__name__)
_OBJECTS = {None, "ADDED", "MODIFIED", "DELETED"}

StreamName = tuple[str, str | None]
"""(plural, namespace) of a watch; no namespace means all."""


@dataclass
class _Stream:
    heard: float
    listed: bool = False


class Streams:
    """Hears every event of every watch. `listed(plural, namespace, uids)` is called at the end of each listing.

    kopf lists anew whenever a watch can not be resumed, and then tells of what is there, not of what went meanwhile.
    `seen(plural, event)` takes an object's event at once and in its turn, or returns False to leave it to kopf, which copies the
    object several times and keeps a task for it: that was a third of all the processor time of this operator.
    """

    def __init__(
        self,
        watched: Insights,
        listed: Callable[[str, str | None, set[str]], None],
        seen: Callable[[str, Any], bool],
    ) -> None:
        self._watched = watched
        self._listed = listed
        self._seen = seen
        self._streams: dict[StreamName, _Stream] = {}

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Listen to the watches that kopf opens inside this block."""
        original = watching.continuous_watch

        async def heard(**arguments: Any) -> AsyncIterator[Any]:  # noqa: ANN401 - kopf's own
            plural, namespace = arguments["resource"].plural, arguments["namespace"]
            uids: set[str] = set()
            async for event in original(**arguments):
                self._hear(plural, namespace, event, uids)
                if not self._taken(plural, event):
                    yield event

        watching.continuous_watch = heard
        try:
            yield
        finally:
            watching.continuous_watch = original

    def _hear(self, plural: str, namespace: str | None, event: Any, uids: set[str]) -> None:  # noqa: ANN401 - kopf's own
        """One event: an object of a listing (its type is None), the end of the listing, or news."""
        stream = self._streams.setdefault((plural, namespace), _Stream(_now()))
        stream.heard = _now()
        if event is watching.Bookmark.LISTED:
            stream.listed = True
            self._listed(plural, namespace, uids)
            uids.clear()
        elif event["type"] is None:
            uids.add(event["object"]["metadata"]["uid"])

    def _taken(self, plural: str, event: Any) -> bool:  # noqa: ANN401 - kopf's own
        if event is watching.Bookmark.LISTED or event["type"] not in _OBJECTS:
            return False
        try:
            return self._seen(plural, event)
        except Exception:  # noqa: BLE001 - one object that can not be read must not end the watch of all
            _LOG.exception("an event of %s was not understood", plural)
            return True

    def complete(self) -> bool:
        """Whether every watch that there must be has told all that there is."""
        known = self._watched.ready_resources.is_set() and self._watched.ready_namespaces.is_set()
        return known and all(name in self._streams and self._streams[name].listed for name in self._expected())

    async def wait_complete(self) -> None:
        while not self.complete():  # noqa: ASYNC110 - kopf says to nobody that a watch is opened
            await asyncio.sleep(0.02)

    def silent_seconds(self) -> dict[StreamName, float]:
        """How long ago each watch that there must be was heard; one that never was counts from when it was first missed."""
        now = _now()
        return {name: now - self._streams.setdefault(name, _Stream(now)).heard for name in self._expected()}

    def _expected(self) -> list[StreamName]:
        return [
            (resource.plural, namespace if resource.namespaced else None)
            for resource in self._watched.watched_resources
            for namespace in self._watched.namespaces
        ]


def _now() -> float:
    return asyncio.get_running_loop().time()
