"""Bring the children of one SeldonDeployment to what is desired, in the order in which no request is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from sdep.cluster.adopt import made_by_v1, with_live_replicas
from sdep.cluster.client import Cluster
from sdep.cluster.diff import Changes, diff, owner_of
from sdep.errors import InvalidError
from sdep.operator.metrics import CHANGES
from sdep.operator.store import Store
from sdep.plan import Plan
from sdep.render import KINDS
from sdep.render.ingress import ROUTE_KINDS, ROUTES
from sdep.render.labels import APP, DEPLOYMENT_ID
from sdep.render.manifest import Key, Manifest, key_of
from sdep.render.names import predictor_service, seldon_id

Body = Mapping[str, Any]
_ORDER = {kind: number for number, (_, kind) in enumerate(KINDS)}
_NAMED = frozenset(kind.name for kind in ROUTE_KINDS if not kind.is_route)
"""Kinds that routes refer to, and that gateways are told of."""
_TOLD_SECONDS = 1.0
"""What a gateway needs at most to learn of a destination; until it has, requests that a route sends there are lost."""


class Children:
    """Makes the difference between desired and live disappear."""

    def __init__(self, cluster: Cluster, store: Store) -> None:
        self._cluster = cluster
        self._store = store
        self._done: dict[str, list[Key]] = {}

    def said(self) -> Iterator[tuple[str, str]]:
        """What was done so far as (reason, message): one a kind of action, however many objects it met."""
        for action, keys in self._done.items():
            yield action, ", ".join(f'{key.kind} "{key.name}"' for key in keys)

    async def bring(
        self, desired: Sequence[Manifest], live: Mapping[Key, Body], owner: str, free: Container[str]
    ) -> Changes:
        """Create and update; deletions are left to `remove`. What was done is returned, names held by others included.

        Of the Deployments whose selector must change, those that are `free`, by name, make way; the others later.
        """
        changes = diff(desired, live, owner)
        if unseen := await self._unseen(changes.create, owner):
            live = {**live, **unseen}
            changes = diff(desired, live, owner)
        for body in (body for body in changes.replace if body["metadata"]["name"] in free):
            await self._make_way(body)
        names_taken = list(changes.foreign)
        unheard = new_to_gateways(changes, live)
        for _, group in groupby(sorted((*changes.create, *changes.update), key=_rank), key=_rank):
            rank = list(group)
            if unheard and rank[0].key.kind in ROUTES:
                await asyncio.sleep(_TOLD_SECONDS)
            results = await asyncio.gather(*(self._put(manifest, live) for manifest in rank), return_exceptions=True)
            failures = [result for result in results if isinstance(result, BaseException)]
            names_taken += [failure for failure in failures if isinstance(failure, InvalidError)]
            if others := [failure for failure in failures if not isinstance(failure, InvalidError)]:
                raise others[0]
        return replace(changes, foreign=tuple(names_taken))

    async def remove(self, stale: Sequence[Body]) -> None:
        """Delete routes first and pods last."""
        for body in sorted(stale, key=lambda body: -_ORDER[body["kind"]]):
            key = key_of(dict(body))
            await self._cluster.delete(key, body["metadata"]["uid"])
            self._store.drop_child(dict(body))
            self._record("Deleted", key)

    async def remove_strays(self, plan: Plan) -> None:
        """Delete the ReplicaSets of this SeldonDeployment that no Deployment controls any more.

        v1 labels a separate engine with its Service's name instead of the SeldonDeployment's.
        """
        services = ",".join(predictor_service(plan, predictor) for predictor in plan.predictors)
        found: dict[Key, Body] = {}
        for selector in (f"{DEPLOYMENT_ID}={seldon_id(plan)}", f"{APP} in ({services})"):
            labelled = await self._cluster.objects("apps/v1", "ReplicaSet", plan.namespace, labels=selector)
            found |= {key_of(body): body for body in labelled if not owner_of(body)}
        for key, body in found.items():
            await self._cluster.delete(key, body["metadata"]["uid"])
            self._record("Deleted", key)

    async def _unseen(self, create: Sequence[Manifest], owner: str) -> dict[Key, Body]:
        """What has the name of a child that is to be made and no watch has told of: somebody else's, v1's, or but a moment old."""
        results = await asyncio.gather(*(self._cluster.get(made.key) for made in create), return_exceptions=True)
        found: dict[Key, Body] = {}
        for manifest, result in zip(create, results, strict=True):
            if isinstance(result, dict):
                found[manifest.key] = result
                if owner_of(result) == owner:
                    found |= await self._take_in(manifest, owner)
            elif result and not isinstance(
                result, InvalidError
            ):  # what may not be read is refused once more when written
                raise result
        for body in found.values():
            self._store.put_child(dict(body))
        return found

    async def _put(self, manifest: Manifest, live: Mapping[Key, Body]) -> None:
        key = manifest.key
        if key in live and made_by_v1(live[key]):
            await self._cluster.take_over(live[key])
        self._store.put_child(await self._cluster.apply(with_live_replicas(manifest, live.get(key))))
        self._record("Updated" if key in live else "Created", key)

    async def _take_in(self, manifest: Manifest, owner: str) -> dict[Key, Body]:
        """v1 labels no route: what it left of this kind, wanted or not, is unseen by our watches until it has a label."""
        taken: dict[Key, Body] = {}
        key, label = manifest.key, {DEPLOYMENT_ID: manifest.body["metadata"]["labels"][DEPLOYMENT_ID]}
        for body in await self._cluster.objects(key.api, key.kind, key.namespace, labels=f"!{DEPLOYMENT_ID}"):
            if owner_of(body) == owner:
                labels = {**(body["metadata"].get("labels") or {}), **label}
                operation = {"op": "add", "path": "/metadata/labels", "value": labels}
                taken[key_of(body)] = await self._cluster.json_patch(key_of(body), [operation])
        return taken

    async def _make_way(self, body: Body) -> None:
        """Delete a Deployment and leave its pods: they serve until those of its successor do."""
        key = key_of(dict(body))
        await self._cluster.delete(key, body["metadata"]["uid"], keep_dependents=True)
        self._record("Replaced", key)

    def _record(self, action: str, key: Key) -> None:
        CHANGES.labels(kind=key.kind, action=action.lower()).inc()
        self._done.setdefault(action, []).append(key)


def new_to_gateways(changes: Changes, live: Mapping[Key, Body]) -> bool:
    """Whether gateways carry requests already, and learn only now of something that routes may name."""
    return any(made.key.kind in _NAMED for made in changes.create) and any(key.kind in ROUTES for key in live)


def routes_differ(changes: Changes) -> bool:
    """Whether routes were touched, so that what they no longer name must live a little longer."""
    return any(manifest.key.kind in ROUTES for manifest in (*changes.create, *changes.update))


def _rank(manifest: Manifest) -> int:
    """Pods and Services together, then what routes refer to, then the routes."""
    return max(_ORDER[manifest.key.kind], 1)
