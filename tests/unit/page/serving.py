"""The page of a store, served as the operator serves it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sdep.operator.page import server
from sdep.operator.page.actions import Actions
from sdep.operator.page.pictures import Pictures, session
from sdep.operator.store import Store
from tests.unit.page.cluster import STARTED
from tests.unit.runtime.program import free_ports


@asynccontextmanager
async def serving(store: Store, actions: Actions | None = None) -> AsyncIterator[tuple[server.Page, str]]:
    """The page and its address, until the block is left."""
    (port,) = free_ports(1)
    async with session() as http:
        page = server.Page(store, lambda: STARTED, Pictures(http), actions)
        runner = await server.serve(port, page)
        try:
            yield page, f"http://127.0.0.1:{port}"
        finally:
            await runner.cleanup()
