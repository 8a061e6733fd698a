"""One look at a cluster: who asks, in which namespace."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sdep.api.seldon_deployment import API_VERSION, KIND
from sdep.errors import InvalidError
from sdep.render.manifest import Key

if TYPE_CHECKING:  # aiohttp is imported when a cluster is asked, since completion and reference load every command
    from sdep.cluster.viewer import Viewer


@dataclass(frozen=True)
class Session:
    """`namespace` is the one asked for, else that of the context."""

    cluster: Viewer
    namespace: str
    server: str

    async def seldon_deployment(self, name: str) -> dict[str, Any]:
        """The object. Raises InvalidError NotFound."""
        body = await self.cluster.get(Key(API_VERSION, KIND, self.namespace, name))
        if body is None:
            raise InvalidError("NotFound", f"there is no SeldonDeployment {name!r} in namespace {self.namespace}")
        return body


Outcome = TypeVar("Outcome")


def in_session(given: argparse.Namespace, work: Callable[[Session], Awaitable[Outcome]]) -> Outcome:
    """Do `work` with a connection that is closed afterwards."""
    from sdep.cluster.credentials import load  # noqa: PLC0415 - see above
    from sdep.cluster.viewer import Viewer  # noqa: PLC0415

    async def run() -> Outcome:
        credentials = load(given.kubeconfig, given.context)
        cluster = Viewer(credentials)
        try:
            return await work(Session(cluster, given.namespace or credentials.namespace, credentials.server))
        finally:
            await cluster.close()

    return asyncio.run(run())
