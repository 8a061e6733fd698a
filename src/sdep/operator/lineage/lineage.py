"""Whoever is to be told of what is served."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.status import Status, Told
from sdep.lineage.statement import stated
from sdep.operator.lineage.datahub import DataHub
from sdep.operator.lineage.openlineage import OpenLineage
from sdep.operator.lineage.receiver import Receiver
from sdep.operator.lineage.teller import Teller
from sdep.operator.store import ObjectName
from sdep.settings import OperatorSettings


class Lineage:
    def __init__(self, receivers: list[Receiver], wake: Callable[[ObjectName], None], now: Callable[[], str]) -> None:
        self._tellers = {receiver.name: Teller(receiver, wake, now) for receiver in receivers}

    def told(self, sdep: SeldonDeployment, status: Status, before: Status | None) -> list[Told] | None:
        """What the status says of this: what each receiver was last told. Nobody is waited for."""
        if not self._tellers:
            return None
        statement = stated(sdep, status)
        known = {told.receiver: told for told in (before.lineage if before else None) or ()}
        told = [teller.told(statement, known.get(name)) for name, teller in self._tellers.items()]
        return [one for one in told if one] or None

    def gone(self, name: ObjectName) -> None:
        for teller in self._tellers.values():
            teller.gone(name)

    async def tell(self) -> None:
        """For ever, whether there is anybody to tell or not."""
        async with asyncio.TaskGroup() as group:
            for name, teller in self._tellers.items():
                group.create_task(teller.tell(), name=f"lineage to {name}")
            group.create_task(asyncio.Event().wait(), name="lineage")


def receivers(settings: OperatorSettings) -> list[Receiver]:
    """Those that the chart gives an address of."""
    found: list[Receiver] = []
    if settings.lineage_datahub_url:
        found.append(DataHub(settings))
    if settings.lineage_openlineage_url:
        found.append(OpenLineage(settings))
    return found
