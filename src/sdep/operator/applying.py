"""Bring the cluster to what was decided: what is new is made first, and what routes named a moment ago goes last."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sdep.cluster.client import Cluster
from sdep.cluster.diff import diff
from sdep.errors import InvalidError
from sdep.operator.children import Children, routes_differ
from sdep.operator.decision import Decision
from sdep.operator.removal import has_strays, may_make_way, next_to_go, removable
from sdep.operator.store import ObjectName, Store
from sdep.plan import Plan
from sdep.render.ingress import ROUTES
from sdep.render.manifest import Key
from sdep.render.names import predictor_service

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Applied:
    """`done`: what was done, as (reason, message). `foreign`: names that others hold. `wait`: seconds until what is stale may go.

    `held`: the routes were left as they are, since nobody of whom the new ones would name can answer yet.
    """

    done: tuple[tuple[str, str], ...]
    foreign: tuple[InvalidError, ...]
    wait: float | None
    held: bool = False


class Applying:
    """Remembers when routes were changed last, since gateways learn of it a moment later."""

    def __init__(self, cluster: Cluster, store: Store, drain_seconds: float) -> None:
        self._cluster = cluster
        self._store = store
        self._drain_seconds = drain_seconds
        self._routes_changed: dict[ObjectName, float] = {}

    async def apply(self, name: ObjectName, decision: Decision) -> Applied:
        children = Children(self._cluster, self._store)
        live, owner = self._store.children(name), decision.plan.sdep.metadata.uid
        held = must_hold(decision, live, owner)
        desired = [made for made in decision.desired if not (held and made.key.kind in ROUTES)]
        changes = await children.bring(desired, live, owner, may_make_way(decision.observed))
        routed = decision.plan.former_services.values()
        stale = () if held or decision.pinning.faults else removable(changes.delete, decision.observed, routed)
        wait = await self._remove(name, children, stale, routed=routes_differ(changes))
        if wait is None and has_strays(decision.observed, self._pods(name, decision.plan)):
            await children.remove_strays(decision.plan)
        return Applied(tuple(children.said()), tuple(changes.foreign), wait, held)

    def unheard_seconds(self) -> float | None:
        """For how long gateways may not have heard of what was written while the API server was away or just before; None if they have."""
        left = self._cluster.outage.heard_at - asyncio.get_running_loop().time()
        return left if left > 0 else None

    def forget(self, name: ObjectName) -> None:
        self._routes_changed.pop(name, None)

    def _pods(self, name: ObjectName, plan: Plan) -> list[Body]:
        """Those of v1's separate engines too, which carry their Service's name where others carry the SeldonDeployment's."""
        services = {predictor_service(plan, predictor) for predictor in plan.predictors}
        return [pod for label in {name[1], *services} for pod in self._store.pods((name[0], label))]

    async def _remove(
        self, name: ObjectName, children: Children, stale: Sequence[Body], *, routed: bool
    ) -> float | None:
        """What routes named a moment ago stays until every gateway has the new routes.

        No gateway is told of them while the API server is away, nor at once when it is back: that time does not count.
        """
        clock = asyncio.get_running_loop().time()
        if routed or name not in self._routes_changed:  # nobody knows what an earlier leader did a moment ago
            self._routes_changed[name] = clock
        if not stale:
            return None
        since = max(self._routes_changed[name], self._cluster.outage.heard_at)
        wait = since - clock + self._drain_seconds
        if wait > 0:
            return wait
        going = next_to_go(stale)
        await children.remove(going)
        if len(going) == len(stale):
            return None
        self._routes_changed[name] = clock
        return self._drain_seconds


def must_hold(decision: Decision, live: Mapping[Key, Body], owner: str) -> bool:
    """Whether new routes would take all requests away from who answers them, as where every predictor has been given another name."""
    carrying = [seen for seen in decision.observed if decision.plan.weights.live.get(seen.name)]
    if any(seen.answers for seen in carrying) or not any(seen.wanted for seen in carrying):
        return False
    return any(key.kind in ROUTES for key in live) and routes_differ(diff(decision.desired, live, owner))
