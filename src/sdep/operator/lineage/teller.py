"""Statements to one receiver: the newest of each SeldonDeployment waits until it is taken, and nobody waits for that.

What was told last is in the status, so an operator that restarts says what is new and nothing twice; what is deleted before it restarts
is in the ledger. A receiver that was away is told how things are then, and not all that happened meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from sdep.api.status import ReceiverName, Told
from sdep.lineage.statement import Statement, gone
from sdep.operator.lineage.ledger import Entry, Ledger
from sdep.operator.lineage.receiver import Receiver, RefusedError
from sdep.operator.metrics import LINEAGE
from sdep.operator.store import ObjectName

_LOG = logging.getLogger(__name__)
_WAITING_AT_MOST = 10_000
_LONGEST_PAUSE = 60.0


class Teller:
    """One request at a time, in the order in which SeldonDeployments changed; who fails goes last, after a pause that doubles."""

    def __init__(
        self,
        receiver: Receiver,
        ledger: Ledger,
        wake: Callable[[ObjectName], None],
        now: Callable[[], str],
        pause: float = 1.0,
    ) -> None:
        self._receiver = receiver
        self._ledger = ledger
        self._wake = wake
        self._now = now
        self._pause = pause
        self._waiting: dict[ObjectName, Statement] = {}
        self._came = asyncio.Event()
        self._told: dict[ObjectName, Told] = {}
        self._refused: dict[ObjectName, str] = {}

    @property
    def name(self) -> ReceiverName:
        return self._receiver.name

    def told(self, statement: Statement, before: Told | None) -> Told | None:
        """What the receiver was last told, `before` being what the status says of that. What is new begins to wait."""
        name = (statement.namespace, statement.name)
        known = self._told.get(name, before)
        if known:
            self._told[name] = known
            self._ledger.begin(self.name, name, statement.uid, known)
        if statement.digest in {known.digest if known else "", self._refused.get(name)}:
            self._waiting.pop(name, None)
        else:
            self._put(name, statement)
        return known

    def gone(self, name: ObjectName) -> None:
        """It is deleted. Who was never told of it need not be told of that."""
        known = self._ledger.get(self.name, name) or self._waiting.get(name)
        if known:
            self._put(name, gone(*name, known.uid))

    def recall(self, name: ObjectName, entry: Entry, uid: str) -> None:
        """What was told of one that is deleted by now. Another may have its name, and `uid`, and ends it with its own first statement."""
        self._told.setdefault(name, entry.told(self.name))
        if not uid:
            self._put(name, gone(*name, entry.uid))

    async def tell(self) -> None:
        """Send what waits, for ever."""
        failures = 0
        while True:
            self._came.clear()
            if not self._waiting:
                await self._came.wait()
            name, statement = next(iter(self._waiting.items()))
            failures = 0 if await self._sent(name, statement) else failures + 1
            if failures:
                await asyncio.sleep(min(self._pause * 2 ** min(failures - 1, 10), _LONGEST_PAUSE))

    async def _sent(self, name: ObjectName, statement: Statement) -> bool:
        receiver = self._receiver
        try:
            await asyncio.to_thread(receiver.send, statement, self._told.get(name), self._now())
        except RefusedError as error:
            _LOG.warning("%s/%s: %s refuses what it is told: %s", *name, receiver.name, error)
            self._refused[name] = statement.digest
            if statement.phase == "Gone":
                self._ledger.drop(receiver.name, name)
            self._done(name, statement, "dropped")
        except Exception as error:  # noqa: BLE001 - a library's own, and none of them is worth a reconcile
            _LOG.warning("%s/%s: %s was not told: %s: %s", *name, receiver.name, type(error).__name__, error)
            LINEAGE.labels(receiver=receiver.name, outcome="failed").inc()
            self._doubt(name, statement)
            return False
        else:
            self._note(name, statement)
            self._done(name, statement, "delivered")
        return True

    def _note(self, name: ObjectName, statement: Statement) -> None:
        self._refused.pop(name, None)
        receiver, runs = self._receiver.name, self._receiver.runs(statement)
        if statement.phase == "Gone":
            self._told.pop(name, None)
            self._ledger.drop(receiver, name)
            return
        told = Told(receiver=receiver, digest=statement.digest, at=self._now(), models=statement.registered, runs=runs)
        self._remember(name, statement.uid, told)
        self._wake(name)

    def _doubt(self, name: ObjectName, statement: Statement) -> None:
        """A part of it may have arrived: whatever is to be said next is said, and these models count as told of."""
        if name in self._waiting:
            self._waiting[name] = self._waiting.pop(name)
        known = self._told.get(name) or Told(receiver=self._receiver.name, digest="")
        models = sorted({*known.models, *statement.registered})
        self._remember(name, statement.uid, known.model_copy(update={"digest": "", "models": models}))

    def _remember(self, name: ObjectName, uid: str, told: Told) -> None:
        self._told[name] = told
        self._ledger.put(self._receiver.name, name, uid, told)

    def _done(self, name: ObjectName, statement: Statement, outcome: str) -> None:
        """What was said meanwhile waits on."""
        LINEAGE.labels(receiver=self._receiver.name, outcome=outcome).inc()
        if self._waiting.get(name) == statement:
            del self._waiting[name]

    def _put(self, name: ObjectName, statement: Statement) -> None:
        if name not in self._waiting and len(self._waiting) >= _WAITING_AT_MOST:
            LINEAGE.labels(receiver=self._receiver.name, outcome="dropped").inc()
            _LOG.warning("%s/%s: %s is not told: too many wait", *name, self._receiver.name)
            return
        self._waiting[name] = statement
        self._came.set()
