"""The way to each container of a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdep.runtime.errors import LoadError
from sdep.runtime.remote.reach import address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdep.contract import ServedPredictor, ServedUnit
    from sdep.runtime.graph.remote import Microservice

DEFAULT_SECONDS = 60.0
"""How long a call may take where no annotation says it. v1 waits for ever, and so do those who wait for it."""


def services(predictor: ServedPredictor, units: Sequence[ServedUnit]) -> dict[str, Microservice]:
    """By unit name. Each transport is imported only where a unit asks for it."""
    found: dict[str, Microservice] = {}
    for unit in units:
        if not address(unit)[1]:
            raise LoadError(unit.name, f"it has the host '{unit.host}', and no port for {unit.transport}")
    rest = [unit for unit in units if unit.transport == "rest"]
    if rest:
        from sdep.runtime.remote.rest import RestService, make_client  # noqa: PLC0415

        client, seconds = make_client(), _seconds(predictor.rest_timeout_ms)
        found |= {unit.name: RestService(unit, client, seconds) for unit in rest}
    if len(rest) < len(units):
        from sdep.runtime.remote.rpc import RpcService  # noqa: PLC0415

        seconds = _seconds(predictor.grpc_timeout_ms)
        found |= {unit.name: RpcService(unit, seconds) for unit in units if unit.transport == "grpc"}
    return found


def _seconds(milliseconds: int) -> float:
    return milliseconds / 1000 or DEFAULT_SECONDS
