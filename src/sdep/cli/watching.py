"""Wait until something changes, by the API server's watches."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from sdep.api.seldon_deployment import API_VERSION, KIND
from sdep.cli.session import Session
from sdep.diagnosis.gathered import LABELLED
from sdep.errors import TransientError

SELDON_DEPLOYMENTS = ((API_VERSION, KIND, ""),)
TREES = (*SELDON_DEPLOYMENTS, ("apps/v1", "Deployment", LABELLED), ("v1", "Pod", LABELLED))
"""Of each kind: its API, its name, and the label of those that are meant."""
_AGAIN_SECONDS = 2.0


class Watching:
    """One watch a kind, for as long as the context lasts; a watch that ends is begun again."""

    def __init__(self, session: Session, kinds: Sequence[tuple[str, str, str]], *, everywhere: bool = False) -> None:
        self._session = session
        self._kinds = kinds
        self._namespace = None if everywhere else session.namespace
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._follow(*watched)) for watched in self._kinds]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def changed(self) -> None:
        """Until something changed since the last call."""
        await self._changed.wait()
        self._changed.clear()

    async def _follow(self, api: str, kind: str, labels: str) -> None:
        while True:
            try:
                async for _ in self._session.cluster.changes(api, kind, self._namespace, labels=labels):
                    self._changed.set()
            except TransientError:  # what is shown stays; the next list says what is wrong
                self._changed.set()
                await asyncio.sleep(_AGAIN_SECONDS)
