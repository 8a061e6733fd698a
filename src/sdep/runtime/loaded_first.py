"""A server that listens once it is loaded, for probes that only connect, as v1's are."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from typing_extensions import override

from sdep.runtime.server import RuntimeServer
from sdep.runtime.settings import SILENT_SECONDS

if TYPE_CHECKING:
    import socket


class LoadedFirstServer(RuntimeServer):
    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        loading = asyncio.create_task(self._load())
        until = time.monotonic() + SILENT_SECONDS
        while not (loading.done() or self._lifecycle.draining or self.should_exit or time.monotonic() > until):
            await asyncio.wait([loading], timeout=0.1)
        self.should_exit |= self._lifecycle.draining
        if not self.should_exit:
            await super().startup(sockets)

    @override
    def _begin_loading(self) -> None:
        """It has begun."""
