"""The registry learns where its versions are served: tags, set and removed beside the reconciles, which never wait for it.

Level-based: what every predictor serves is compared with what tags say, so a restart, a lost request or a deletion that nobody saw
is made good by the next round.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress

from sdep.errors import SdepError
from sdep.operator.decision import Decision
from sdep.operator.metrics import SERVED_TAGS
from sdep.operator.questions import Questions
from sdep.operator.store import ObjectName, Store
from sdep.registry.mlflow import MlflowRegistry
from sdep.registry.resolved import Connection
from sdep.registry.served_tag import Serving, Version, changes, key, share

_LOG = logging.getLogger(__name__)
_GATHER_SECONDS = 1.0
"""How long changes are gathered into one round."""
_AGAIN_SECONDS = 60.0
"""How soon a round follows though nothing has changed here: what could not be written is tried again."""

_Told = tuple[tuple[Connection, Serving], ...]


class Served:
    """With `cluster` "", it does nothing. A registry is remembered for as long as its tags name a SeldonDeployment."""

    def __init__(self, cluster: str, registry: MlflowRegistry, questions: Questions, store: Store) -> None:
        self._cluster = cluster
        self._registry = registry
        self._questions = questions
        self._store = store
        self._told: dict[ObjectName, _Told] = {}
        self._servers: dict[str, Connection] = {}
        self._changed = asyncio.Event()

    def tell(self, name: ObjectName, decision: Decision) -> None:
        """What a reconcile has found of one SeldonDeployment."""
        told = tuple(self._serving(name, decision)) if self._cluster else ()
        if told != self._told.get(name):
            self._told[name] = told
            self._servers |= {connection.tracking_uri: connection for connection, _ in told}
            self._changed.set()

    def forget(self, name: ObjectName) -> None:
        if self._told.pop(name, None):  # of one that told of nothing, no tag says anything
            self._changed.set()

    async def run(self) -> None:
        """Rounds, for ever."""
        while self._cluster:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), _AGAIN_SECONDS)
            await asyncio.sleep(_GATHER_SECONDS)
            self._changed.clear()
            for connection in list(self._servers.values()):
                await self._tried(connection)

    def _serving(self, name: ObjectName, decision: Decision) -> Iterable[tuple[Connection, Serving]]:
        weights = decision.plan.weights
        seen = {observed.name: observed for observed in decision.observed}
        for (predictor, _), pin in decision.plan.pins.items():
            connection = self._questions.connection_to(name, pin.name)
            if connection is None or not pin.version or predictor not in seen:
                continue
            mirrored = predictor in weights.mirror
            percent = weights.mirror[predictor] if mirrored else weights.live.get(predictor, 0)
            part = share(percent, mirrored=mirrored) if seen[predictor].answers else ""
            owner = "/".join((*name, predictor))
            yield connection, Serving(owner, (pin.name, pin.version), part, seen[predictor].rolled_out)

    async def _tried(self, connection: Connection) -> None:
        """One registry: what fails costs the others nothing, and is tried again in the next round."""
        try:
            await self._round(connection)
        except SdepError as error:
            SERVED_TAGS.labels(outcome="failed").inc()
            _LOG.warning("tags of served versions at %s: %s", connection.tracking_uri, error.message)
        except Exception:  # noqa: BLE001 - what one registry says must not end the operator for everybody
            SERVED_TAGS.labels(outcome="failed").inc()
            _LOG.exception("tags of served versions at %s", connection.tracking_uri)

    async def _round(self, connection: Connection) -> None:
        tag = key(self._cluster)
        tagged = await self._registry.tagged(connection, tag)
        here = [
            (by, serving)
            for told in self._told.values()
            for by, serving in told
            if by.tracking_uri == connection.tracking_uri
        ]
        writers: dict[Version, Connection] = {serving.version: by for by, serving in here}
        changed = changes(tagged, [serving for _, serving in here], unsettled=self._is_unsettled)
        for (model, version), value in changed.items():
            by = writers.get((model, version), connection)
            try:
                await self._registry.tag(by, model, version, tag, value)
                SERVED_TAGS.labels(outcome="set" if value else "removed").inc()
            except SdepError as error:
                SERVED_TAGS.labels(outcome="failed").inc()
                _LOG.warning("the tag %s of version %s of %s: %s", tag, version, model, error.message)
        if not here and not tagged:
            del self._servers[connection.tracking_uri]

    def _is_unsettled(self, predictor: str) -> bool:
        """Of a SeldonDeployment that is there to stay and was not looked at yet nothing is known."""
        namespace, _, rest = predictor.partition("/")
        name = (namespace, rest.partition("/")[0])
        body = self._store.sdeps.get(name)
        return body is not None and not body["metadata"].get("deletionTimestamp") and name not in self._told
