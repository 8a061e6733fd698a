"""Whoever is to be told of what is served."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sdep.api.seldon_deployment import API_VERSION, KIND, SeldonDeployment
from sdep.api.status import Status, Told
from sdep.cluster.client import Cluster
from sdep.errors import InvalidError, SdepError
from sdep.lineage.statement import stated
from sdep.operator.lineage.datahub import DataHub
from sdep.operator.lineage.ledger import Entry, Ledger
from sdep.operator.lineage.openlineage import OpenLineage
from sdep.operator.lineage.receiver import Receiver
from sdep.operator.lineage.teller import Teller
from sdep.operator.store import ObjectName, Store
from sdep.settings import OperatorSettings

_LOG = logging.getLogger(__name__)
_PAUSE_SECONDS = 5.0


class Lineage:
    """`there` gives the uid of the SeldonDeployment that has a name now, "" where none has; SdepError where that is not known."""

    def __init__(
        self,
        receivers: list[Receiver],
        ledger: Ledger,
        there: Callable[[ObjectName], Awaitable[str]],
        wake: Callable[[ObjectName], None],
        now: Callable[[], str],
    ) -> None:
        self._ledger = ledger
        self._there = there
        self._tellers = {receiver.name: Teller(receiver, ledger, wake, now) for receiver in receivers}

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
        if self._tellers:
            await self._recall()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._ledger.keep(), name="lineage is kept")
            for name, teller in self._tellers.items():
                group.create_task(teller.tell(), name=f"lineage to {name}")

    async def _recall(self) -> None:
        """What went while nobody watched is told, as soon as the API server says what there was."""
        while True:
            try:
                found = await self._ledger.read()
            except InvalidError as error:
                _LOG.warning("what was deleted while no operator ran is told nobody: %s", error.message)
                return
            except SdepError as error:
                _LOG.warning("what receivers of lineage were told is not known yet: %s", error.message)
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                break
        for (receiver, name), entry in found.items():
            if receiver in self._tellers:
                await self._compare(self._tellers[receiver], name, entry)

    async def _compare(self, teller: Teller, name: ObjectName, entry: Entry) -> None:
        """What is not known to be gone, since this operator may not look there any more, is asked for at the next start."""
        try:
            uid = await self._there(name)
        except SdepError as error:
            _LOG.warning("%s/%s: it is not known whether it was deleted: %s", *name, error.message)
            return
        if uid != entry.uid:
            teller.recall(name, entry, uid)


def receivers(settings: OperatorSettings) -> list[Receiver]:
    """Those that the chart gives an address of."""
    found: list[Receiver] = []
    if settings.lineage_datahub_url:
        found.append(DataHub(settings))
    if settings.lineage_openlineage_url:
        found.append(OpenLineage(settings))
    return found


def standing(cluster: Cluster, store: Store) -> Callable[[ObjectName], Awaitable[str]]:
    """Asks the store first, and then the API server: what is another operator's, or in a namespace that is watched no more, is not gone."""

    async def uid_of(name: ObjectName) -> str:
        namespace, chosen = name
        known = store.sdeps.get(name)
        listed = (
            [known] if known else await cluster.objects(API_VERSION, KIND, namespace, fields=f"metadata.name={chosen}")
        )
        return next((str(body["metadata"]["uid"]) for body in listed), "")

    return uid_of
