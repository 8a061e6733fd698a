"""Whether every container of a graph accepts connections, which is what v1's engine calls ready."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sdep.contract import ServedUnit

FRESH_SECONDS = 1.0
"""How long an answer is good: probes come about as often, and are not the only ones to ask."""
DIAL_SECONDS = 1.0


class Reach:
    """Dials each container once in a while; who asks while that goes on waits for the same answer."""

    def __init__(self, units: Iterable[ServedUnit]) -> None:
        self._addresses = {unit.name: address(unit) for unit in units}
        self._asked_at = -FRESH_SECONDS
        self._missing: tuple[str, ...] = ()
        self._lock = asyncio.Lock()

    async def missing(self) -> tuple[str, ...]:
        """Sentences, one for each container that refuses or is silent."""
        async with self._lock:
            if self._addresses and time.monotonic() - self._asked_at >= FRESH_SECONDS:
                dialled = await asyncio.gather(*(_dial(*address) for address in self._addresses.values()))
                self._missing = tuple(
                    f"unit '{unit}': no connection to {host}:{port}"
                    for (unit, (host, port)), accepted in zip(self._addresses.items(), dialled, strict=True)
                    if not accepted
                )
                self._asked_at = time.monotonic()
            return self._missing


def address(unit: ServedUnit) -> tuple[str, int]:
    """Where the unit's container is called."""
    return unit.host, unit.grpc_port if unit.transport == "grpc" else unit.http_port


async def _dial(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(DIAL_SECONDS):
            _, writer = await asyncio.open_connection(host, port)
    except OSError:  # a timeout is one too
        return False
    writer.close()
    return True
