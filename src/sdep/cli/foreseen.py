"""What the operator would plan for a manifest, with what is in the cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sdep.api.seldon_deployment import SeldonDeployment
from sdep.api.status import Pin, RolloutStatus
from sdep.operator.decision import look
from sdep.operator.store import Store
from sdep.plan import Plan, UnitKey
from sdep.registry.pin import Pinning
from sdep.rollout.weights import answerable, on_trial
from sdep.settings import OperatorSettings

Body = dict[str, Any]


def foreseen(
    sdep: SeldonDeployment,
    rollout: RolloutStatus | None,
    pins: Mapping[UnitKey, Pin],
    settings: OperatorSettings,
    there: Iterable[Body],
    pods: Iterable[Body],
) -> Plan:
    """By the operator's own look: a predictor that is there and does not answer gets no traffic; one that is new will answer.

    `there` are the objects that carry the SeldonDeployment's label, somebody else's among them.
    """
    sight = look(sdep.key, sdep, Pinning(dict(pins), {}, ()), _told(there, pods), settings)
    able = {seen.name for seen in sight.observed if seen.answers or not seen.entry.exists}
    return replace(sight.plan, weights=answerable(on_trial(sight.plan.weights, rollout), able))


def _told(there: Iterable[Body], pods: Iterable[Body]) -> Store:
    """As if watches had told of it."""
    store = Store()
    for body in there:
        store.put_child(body)
    for pod in pods:
        store.put_pod(pod)
    return store
